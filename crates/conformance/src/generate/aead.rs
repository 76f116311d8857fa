//! `primitives/aead.json`.

use super::{
    Result,
    primitives::{CHAPTER, flip},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    hex,
    value::Fields,
    vector::{File, Level},
};

pub(super) fn aead() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "ChaCha20-Poly1305 with the tag apart: no plaintext unless all 16 bytes of the tag match.",
    );
    let text =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let key: Vec<u8> = (0x80..=0x9F).collect();
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let ad = [0x50, 0x51, 0x52, 0x53, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7];
    let sealed = |text: &[u8]| {
        Fields::new().bytes("key", &key).bytes("nonce", nonce).bytes("ad", ad).bytes("plaintext", text)
    };
    let out = sheet.accept(
        note("aead-rfc-8439", "PRM-11", "RFC 8439, section 2.8.2."),
        "aead.seal",
        sealed(text),
    )?;
    let (ciphertext, tag) = (bytes_of(&out, "ciphertext")?, bytes_of(&out, "tag")?);
    if hex::encode(&tag) != "1ae10b594f09e26a7e902ecbd0600691" {
        return Err("the tag is not that of RFC 8439".into());
    }
    let comment = "An empty payload has a tag as well.";
    sheet.accept(note("aead-empty-plaintext", "PRM-11", comment), "aead.seal", sealed(b""))?;

    let opened = |key: &[u8], nonce: &[u8], ad: &[u8], ciphertext: &[u8], tag: &[u8]| {
        Fields::new()
            .bytes("key", key)
            .bytes("nonce", nonce)
            .bytes("ad", ad)
            .bytes("ciphertext", ciphertext)
            .bytes("tag", tag)
    };
    let comment = "The ciphertext of aead-rfc-8439.";
    let input = opened(&key, &nonce, &ad, &ciphertext, &tag);
    sheet.accept(note("aead-opens", "PRM-11", comment), "aead.open", input)?;
    let cut = |bytes: &[u8], length: usize| bytes.get(..length).unwrap_or_default().to_vec();
    let refused = [
        ("aead-tag-first-bit", opened(&key, &nonce, &ad, &ciphertext, &flip(&tag, 0, 0x80))),
        ("aead-tag-last-bit", opened(&key, &nonce, &ad, &ciphertext, &flip(&tag, 15, 0x01))),
        ("aead-tag-15-bytes", opened(&key, &nonce, &ad, &ciphertext, &cut(&tag, 15))),
        ("aead-tag-8-bytes", opened(&key, &nonce, &ad, &ciphertext, &cut(&tag, 8))),
        ("aead-tag-empty", opened(&key, &nonce, &ad, &ciphertext, &[])),
        ("aead-tag-17-bytes", opened(&key, &nonce, &ad, &ciphertext, &[tag.as_slice(), &[0]].concat())),
        ("aead-ciphertext-first-bit", opened(&key, &nonce, &ad, &flip(&ciphertext, 0, 0x80), &tag)),
        (
            "aead-ciphertext-last-bit",
            opened(&key, &nonce, &ad, &flip(&ciphertext, ciphertext.len() - 1, 1), &tag),
        ),
        ("aead-ciphertext-short", opened(&key, &nonce, &ad, &cut(&ciphertext, ciphertext.len() - 1), &tag)),
        ("aead-ciphertext-missing", opened(&key, &nonce, &ad, &[], &tag)),
        ("aead-associated-data-bit", opened(&key, &nonce, &flip(&ad, 0, 1), &ciphertext, &tag)),
        ("aead-associated-data-missing", opened(&key, &nonce, &[], &ciphertext, &tag)),
        ("aead-nonce-bit", opened(&key, &flip(&nonce, 11, 1), &ad, &ciphertext, &tag)),
        ("aead-key-bit", opened(&flip(&key, 31, 1), &nonce, &ad, &ciphertext, &tag)),
    ];
    for (id, input) in refused {
        let threat = if id.contains("bytes") || id.ends_with("empty") { "P15" } else { "P16" };
        let comment = "Not what was sealed; no byte of plaintext comes out.";
        sheet.refuse(note(id, "PRM-11", comment).threat(threat), "aead.open", input, "mac")?;
    }
    Ok(sheet.finish())
}
