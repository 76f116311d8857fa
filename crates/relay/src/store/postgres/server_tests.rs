use super::*;

#[test]
// RLY-18.
fn a_server_shows_itself_without_the_password() {
    let server = Server::parse("postgres://relay:hush@db.example.org:5433/aside").unwrap();
    for shown in [server.to_string(), format!("{server:?}")] {
        assert!(shown.contains("postgres://relay@db.example.org:5433/aside"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    assert!(!format!("{:?}", server.config).contains("hush"));
}

#[test]
fn a_url_names_host_and_database() {
    for url in ["", "postgres://", "postgres://relay@/", "postgres://relay@host", "mysql://a@b/c", "sqlite:x"]
    {
        assert!(matches!(Server::parse(url), Err(ServerError::BadUrl)), "{url}");
    }
    let server = Server::parse("postgresql://relay@%2Fvar%2Frun%2Fpostgresql/aside").unwrap();
    assert_eq!(server.to_string(), "postgres://relay@/var/run/postgresql:5432/aside");
}

#[test]
// A password and the mail of everybody would be readable on the way.
fn only_what_stays_on_this_machine_goes_in_the_clear_unless_the_url_says_so() {
    for (url, mode) in [
        ("postgres://relay@db.example.org/aside", SslMode::Require),
        ("postgres://relay@10.0.0.1/aside", SslMode::Require),
        ("postgres://relay@db.example.org/aside?sslmode=prefer", SslMode::Require),
        ("postgres://relay@127.0.0.1,db.example.org/aside", SslMode::Require),
        ("postgres://relay@localhost/aside?hostaddr=10.0.0.1", SslMode::Require),
        ("postgres://relay@localhost/aside?sslmode=require", SslMode::Require),
        ("postgres://relay@db.example.org/aside?sslmode=disable", SslMode::Disable),
        ("postgres://relay@localhost/aside", SslMode::Disable),
        ("postgres://relay@127.0.0.2:5433,[::1]/aside", SslMode::Disable),
        ("postgres://relay@%2Fvar%2Frun%2Fpostgresql/aside", SslMode::Disable),
    ] {
        assert_eq!(encryption(&url.parse().unwrap()), mode, "{url}");
    }
}
