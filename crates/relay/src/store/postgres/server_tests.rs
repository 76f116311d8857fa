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
fn tls_that_is_not_spoken_is_not_promised() {
    let refused = Server::parse("postgres://relay@host/aside?sslmode=require");
    assert!(matches!(refused, Err(ServerError::NoTls)));
    assert!(Server::parse("postgres://relay@host/aside?sslmode=prefer").is_ok());
}
