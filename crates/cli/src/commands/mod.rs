//! One file per command.

pub(crate) mod archive;
pub(crate) mod business;
pub(crate) mod capture;
pub(crate) mod chat;
pub(crate) mod demo;
pub(crate) mod desk;
pub(crate) mod devices;
mod file;
pub(crate) mod gc;
pub(crate) mod group;
pub(crate) mod inbox;
pub(crate) mod indicators;
pub(crate) mod limits;
pub(crate) mod listen;
pub(crate) mod news;
pub(crate) mod outbox;
pub(crate) mod privacy;
pub(crate) mod register;
pub(crate) mod relation;
pub(crate) mod requests;
pub(crate) mod said;
pub(crate) mod say;
pub(crate) mod send;
pub(crate) mod sharing;
pub(crate) mod telling;
pub(crate) mod verify;
pub(crate) mod whois;
