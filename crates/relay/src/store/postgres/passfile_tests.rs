use super::*;

const WANTED: [&str; 4] = ["db.example.org", "5432", "aside", "relay"];

#[test]
fn the_first_line_that_fits_counts() {
    let text = "# a remark\nother:5432:aside:relay:no\n\n*:*:aside:relay:first\ndb.example.org:5432:aside:relay:second\n";
    assert_eq!(find(text, WANTED).as_deref(), Some("first"));
    for text in ["", "relay:no", "db.example.org:5432:aside:other:no", "#*:*:*:*:no", "*:*:*:*"] {
        assert_eq!(find(text, WANTED), None, "{text}");
    }
}

#[test]
fn a_password_may_have_any_sign() {
    assert_eq!(find(r"*:*:*:*:a\:b\\c d", WANTED).as_deref(), Some(r"a:b\c d"));
}

#[test]
#[cfg(unix)]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass");
    assert!(look_up(&path, WANTED).unwrap().is_none(), "no file");
    fs::write(&path, "*:*:*:*:secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = look_up(&path, WANTED).unwrap_err().to_string();
    assert!(refused.contains("chmod 600") && !refused.contains("secret"), "{refused}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(look_up(&path, WANTED).unwrap().as_deref(), Some("secret"));
}
