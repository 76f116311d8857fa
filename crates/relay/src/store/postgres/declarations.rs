//! Declarations of people who want to be reached only encrypted.

use super::{
    pool::Pool,
    refusals::refused,
    row::{damaged, int},
    session::call,
};
use crate::{
    limits::DECLARATIONS,
    store::{Account, Answer, Declaration},
};

/// Stores a declaration for good (RLY-38).
pub(super) fn declare(keepers: &Pool, declaration: Declaration) -> Answer<()> {
    let Declaration { declarer, peer, version, bytes } = declaration;
    let call = call!(
        "SELECT declare($1, $2, $3, $4, $5)",
        declarer.0.to_vec(),
        peer.0.to_vec(),
        int(version),
        bytes,
        int(DECLARATIONS)
    );
    keepers.ask(call, |_| Ok(()))
}

/// What two accounts have declared to each other, that of the first one first.
pub(super) fn between(readers: &Pool, one: Account, other: Account) -> Answer<Vec<Vec<u8>>> {
    let call = call!(
        "SELECT \
         (SELECT account FROM account WHERE key = $1 AND released_at IS NULL) IS NULL \
         OR (SELECT account FROM account WHERE key = $2 AND released_at IS NULL) IS NULL, \
         ARRAY(SELECT declaration FROM declaration \
         JOIN account AS declarer ON declarer.account = declaration.declarer \
         JOIN account AS peer ON peer.account = declaration.peer \
         WHERE (declarer.key, peer.key) IN (($1, $2), ($2, $1)) ORDER BY declarer.key <> $1)",
        one.0.to_vec(),
        other.0.to_vec()
    );
    readers.ask(call, |rows| {
        let row = rows.first().ok_or_else(damaged)?;
        if row.try_get(0)? { Err(refused("no account")) } else { Ok(row.try_get(1)?) }
    })
}
