//! Orders, parcels, payments.

use crate::{Answer, Content, Kind, Refused, wording};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{
    Malformed,
    limits::{ACTION_BYTES, AMOUNT_DECIMALS, CARD_ACTIONS, CARD_LINES, TITLE_BYTES},
    pb,
};

/// What a card is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardKind {
    /// An order.
    Order,
    /// A parcel on its way.
    Tracking,
    /// A payment.
    Payment,
}

/// An order, a parcel or a payment.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// Which of them.
    pub kind: CardKind,
    /// 1 to 256 bytes.
    pub title: String,
    /// Up to 32.
    pub lines: Vec<CardLine>,
    /// What it costs.
    pub amount: Option<Amount>,
    /// Where more is said, up to 2,048 bytes, begins with `https://`; empty for none.
    pub link: String,
    /// What can be chosen, up to 8.
    pub actions: Vec<CardAction>,
}

/// A line of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardLine {
    /// 1 to 256 bytes.
    pub label: String,
    /// Up to 256 bytes.
    pub value: String,
}

/// A sum of money.
#[derive(Clone, PartialEq, Eq)]
pub struct Amount {
    /// Three letters of ISO 4217.
    pub currency: String,
    /// In the smallest unit.
    pub minor_units: u64,
    /// How many decimals of the currency that unit is, up to 8.
    pub decimals: u32,
}

/// Something to choose on a card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardAction {
    /// 1 to 64 bytes.
    pub label: String,
    /// Value of the answer, 1 to 256 bytes.
    pub value: String,
}

/// The field of the answer that chooses an action.
pub const ACTION: &str = "action";

impl Card {
    /// Whether these answers choose one of its actions (CON-26).
    #[must_use]
    pub fn takes(&self, answers: &[Answer]) -> bool {
        let [answer] = answers else { return false };
        answer.field == ACTION && self.actions.iter().any(|action| action.value == answer.value)
    }
}

impl Content for Card {
    const KIND: Kind = Kind::CARD;
    type Fields = pb::Card;

    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.title, 1..=TITLE_BYTES, "title")?;
        if self.lines.len() > CARD_LINES {
            return Err(Malformed::Field("lines"));
        }
        for line in &self.lines {
            wording::line(&line.label, 1..=TITLE_BYTES, "label")?;
            wording::line(&line.value, 0..=TITLE_BYTES, "value")?;
        }
        self.amount.as_ref().map_or(Ok(()), Amount::check)?;
        if !self.link.is_empty() {
            wording::link(&self.link, "link")?;
        }
        if self.actions.len() > CARD_ACTIONS {
            return Err(Malformed::Field("actions"));
        }
        for action in &self.actions {
            wording::line(&action.label, 1..=ACTION_BYTES, "label")?;
            wording::line(&action.value, 1..=TITLE_BYTES, "value")?;
        }
        Ok(())
    }

    fn fallback_text(&self) -> String {
        let what = match self.kind {
            CardKind::Order => "order",
            CardKind::Tracking => "parcel",
            CardKind::Payment => "payment",
        };
        match &self.amount {
            None => format!("[{what}] {}", self.title),
            Some(amount) => format!("[{what}] {}, {}", self.title, amount.text()),
        }
    }

    fn fields(&self, fallback: String) -> pb::Card {
        let kind = match self.kind {
            CardKind::Order => pb::CardKind::Order,
            CardKind::Tracking => pb::CardKind::Tracking,
            CardKind::Payment => pb::CardKind::Payment,
        };
        let line = |line: &CardLine| pb::CardLine { label: line.label.clone(), value: line.value.clone() };
        let action =
            |action: &CardAction| pb::CardAction { label: action.label.clone(), value: action.value.clone() };
        pb::Card {
            kind: kind.into(),
            title: self.title.clone(),
            lines: self.lines.iter().map(line).collect(),
            amount: self.amount.as_ref().map(|amount| pb::Amount {
                currency: amount.currency.clone(),
                minor_units: amount.minor_units,
                decimals: amount.decimals,
            }),
            link: self.link.clone(),
            actions: self.actions.iter().map(action).collect(),
            fallback,
        }
    }

    fn read(fields: pb::Card) -> Result<(Self, String), Refused> {
        let kind = match pb::CardKind::try_from(fields.kind) {
            Ok(pb::CardKind::Order) => CardKind::Order,
            Ok(pb::CardKind::Tracking) => CardKind::Tracking,
            Ok(pb::CardKind::Payment) => CardKind::Payment,
            _ => return Err(Malformed::Field("kind").into()),
        };
        let amount =
            |pb::Amount { currency, minor_units, decimals }| Amount { currency, minor_units, decimals };
        let card = Self {
            kind,
            title: fields.title,
            lines: fields
                .lines
                .into_iter()
                .map(|pb::CardLine { label, value }| CardLine { label, value })
                .collect(),
            amount: fields.amount.map(amount),
            link: fields.link,
            actions: fields
                .actions
                .into_iter()
                .map(|pb::CardAction { label, value }| CardAction { label, value })
                .collect(),
        };
        Ok((card, fields.fallback))
    }
}

impl Amount {
    fn check(&self) -> Result<(), Malformed> {
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Malformed::Field("currency"));
        }
        if self.decimals > AMOUNT_DECIMALS { Err(Malformed::Field("decimals")) } else { Ok(()) }
    }

    /// Such as "EUR 19.99".
    #[must_use]
    pub fn text(&self) -> String {
        let unit = 10u64.saturating_pow(self.decimals);
        let whole = self.minor_units.checked_div(unit).unwrap_or_default();
        let part = self.minor_units.checked_rem(unit).unwrap_or_default();
        match usize::try_from(self.decimals) {
            Ok(digits @ 1..) => format!("{} {whole}.{part:0digits$}", self.currency),
            _ => format!("{} {whole}", self.currency),
        }
    }
}
