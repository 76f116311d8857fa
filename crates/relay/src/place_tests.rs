use super::*;

#[test]
fn a_place_is_a_directory_or_a_server() {
    assert_eq!("sqlite:/var/lib/relay".parse(), Ok(Place::Sqlite("/var/lib/relay".into())));
    for url in ["postgres://relay@host/aside", "postgresql://relay@host/aside"] {
        assert_eq!(url.parse(), Ok(Place::Postgres(url.into())));
    }
    for text in ["", "sqlite:", "sqlite", "/var/lib/relay", "postgres:", "postgres://", "mysql://a@b/c"] {
        assert_eq!(text.parse::<Place>(), Err(BadPlace), "{text}");
    }
}

#[test]
// RLY-18.
fn a_password_is_never_shown() {
    for (url, shown) in [
        ("postgres://relay:hush@host:5433/aside", "postgres://relay@host:5433/aside"),
        ("postgres://relay:hu@sh@host/aside", "postgres://relay@host/aside"),
        ("postgres://relay@host/aside?password=hush&sslmode=require", "postgres://relay@host/aside"),
        ("postgres://relay:hu?sh@host/aside", "postgres://relay@host/aside"),
        ("postgres://relay@host/aside?password=hush@hush", "postgres://relay@host/aside"),
        ("postgres://host/aside?password=hush", "postgres://host/aside"),
        ("postgres://host/aside?password=hush@hush", "postgres://host/aside"),
    ] {
        let place: Place = url.parse().unwrap();
        assert_eq!(place.to_string(), shown);
        assert!(!format!("{place:?}").contains("hush"));
    }
}
