//! Says that it is ready to who started it, in the way of systemd (`Type=notify`): nobody needs to guess when it listens.

use std::io;

/// Does nothing unless somebody asked with `NOTIFY_SOCKET`.
#[cfg(target_os = "linux")]
pub(crate) fn ready() -> io::Result<()> {
    use std::os::{
        linux::net::SocketAddrExt,
        unix::{
            ffi::OsStrExt,
            net::{SocketAddr, UnixDatagram},
        },
    };
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&place)?,
    };
    UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address).map(drop)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ready() -> io::Result<()> {
    Ok(())
}
