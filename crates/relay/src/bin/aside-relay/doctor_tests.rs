use super::*;

const NOW: u64 = 2 * RENEWAL_MS;

fn served() -> Served {
    Served { not_after: 2 * NOW, names: vec!["relay.example.org".into()], is_issuer: false }
}

fn says(served: &Served, name: &str, state: State, word: &str) {
    let finding = certificate(served, name, NOW);
    assert!(finding.state == state && finding.words.contains(word), "{word}: {}", finding.words);
}

#[test]
fn what_clients_would_refuse_of_a_certificate_is_said() {
    says(&served(), "relay.example.org", State::Ok, "agree");
    says(&served(), "other.example.org", State::Warn, "is for relay.example.org, and not for other");
    says(&Served { names: vec![], ..served() }, "relay.example.org", State::Warn, "for no name");
    says(&Served { is_issuer: true, ..served() }, "relay.example.org", State::Bad, "CA:FALSE");
    says(&Served { not_after: NOW + 1, ..served() }, "relay.example.org", State::Warn, "renew it");
    says(&Served { not_after: NOW, ..served() }, "relay.example.org", State::Bad, "renew it");
}

#[test]
fn a_port_that_the_unit_may_take_is_no_fault() {
    let address = "0.0.0.0:443".parse().unwrap();
    let finding = not_free(address, &io::ErrorKind::PermissionDenied.into());
    assert!(finding.state == State::Warn && finding.words.contains("the unit gives the right"));
    let finding = not_free(address, &io::ErrorKind::AddrInUse.into());
    assert!(finding.state == State::Bad && finding.words.contains("--listen"));
}
