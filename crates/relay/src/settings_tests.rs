use super::*;

fn read(text: &str, given: &[(&str, &str, Origin)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.toml");
    std::fs::write(&path, text).unwrap();
    Settings::read(Some(&path), given.iter().copied())
        .map_err(|error| error.to_string().replace(&format!("{}", path.display()), "FILE"))
}

fn value(settings: &Settings, key: &str) -> (Option<String>, Origin) {
    let (_, value, origin) = settings.shown().find(|(setting, ..)| setting.key == key).unwrap();
    (value, origin)
}

#[test]
fn flags_count_more_than_the_environment_than_the_file_than_defaults() {
    let file = "data = \"/d\"\nkeep_days = 7\nname = \"one\"\n[timeouts]\nlogin = 5\n";
    let given = [("keep_days", "8", Origin::Environment), ("name", "two", Origin::Environment)];
    let settings = read(file, &[given[0], given[1], ("name", "three", Origin::Flag)]).unwrap();
    assert_eq!(value(&settings, "name"), (Some("three".into()), Origin::Flag));
    assert_eq!(value(&settings, "keep_days"), (Some("8".into()), Origin::Environment));
    assert_eq!(value(&settings, "timeouts.login"), (Some("5".into()), Origin::File { line: 5 }));
    assert_eq!(value(&settings, "listen"), (Some("127.0.0.1:8750".into()), Origin::Default));
    assert_eq!(settings.config.timeouts.login, std::time::Duration::from_secs(5));
}

#[test]
fn what_does_not_hold_is_refused_with_its_line() {
    let cases: [(&str, &[&str]); 9] = [
        ("data = \"/d\"\n\nkeep = 3\n", &["FILE, line 3", "`keep`", "config"]),
        ("data = \"/d\"\n[timeout]\nlogin = 3\n", &["FILE, line 3", "`timeouts.login` meant"]),
        ("data = \"/d\"\nkeep_days = 0\n", &["FILE, line 2", "1 to 365"]),
        ("data = \"/d\"\nkeep_days = true\n", &["FILE, line 2", "quotation marks"]),
        ("data = \"/d\"\n[rates]\nlogs = \"many\"\n", &["FILE, line 3", "at once, then"]),
        ("data = \"/d\"\nname = \"a\"\nname = \"b\"\n", &["FILE, line 3", "duplicate"]),
        ("data = \"/d\"\nname = \n", &["FILE, line 2"]),
        ("name = \"a\"\n", &["--data", "ASIDE_RELAY_DATA"]),
        ("data = \"/d\"\n[tls]\ncert = \"a\"\n", &["tls.key"]),
    ];
    for (text, words) in cases {
        let refused = read(text, &[]).unwrap_err();
        for word in words {
            assert!(refused.contains(word), "{word:?} is not in {refused:?}");
        }
    }
    let refused = read("", &[("listen", "here", Origin::Flag)]).unwrap_err();
    assert!(refused.starts_with("--listen: "), "{refused}");
    let refused = read("", &[("timeouts.login", "0", Origin::Environment)]).unwrap_err();
    assert!(refused.starts_with("ASIDE_RELAY_TIMEOUTS_LOGIN: "), "{refused}");
}

#[test]
fn every_setting_reads_what_it_shows() {
    for (setting, shown, _) in Settings::default().shown() {
        let Some(shown) = shown else { continue };
        let mut settings = Settings::default();
        (setting.set)(&mut settings, &shown).unwrap();
        assert_eq!((setting.show)(&settings), Some(shown), "{}", setting.key);
        assert!(
            (setting.set)(&mut settings, "\u{0}").is_err() || setting.value_name == "DIR",
            "{}",
            setting.key
        );
    }
}

#[test]
fn the_example_has_every_setting_at_its_default() {
    let example = include_str!("../operate/aside-relay.toml");
    let mut settings = Settings::default();
    settings.take_file(example).unwrap();
    for ((setting, shown, origin), (_, default, _)) in settings.shown().zip(Settings::default().shown()) {
        let last = setting.key.rsplit('.').next().unwrap();
        match default {
            Some(default) => {
                assert!(matches!(origin, Origin::File { .. }), "{} is not in it", setting.key);
                assert_eq!(shown, Some(default), "{}", setting.key);
            }
            // Without a default it is an example behind a `#`, except the one that every relay needs.
            None if setting.key == "data" => assert_eq!(shown.as_deref(), Some("/var/lib/aside-relay")),
            None => assert!(example.contains(&format!("# {last} = ")), "{} is not in it", setting.key),
        }
    }
}
