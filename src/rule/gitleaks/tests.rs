use super::*;
use crate::Redactor;

fn import(toml: &str) -> Import {
    import_gitleaks("t.toml", toml).expect("good TOML")
}

fn redacted(import: &Import, text: &str) -> String {
    let rules = import.rules.iter().cloned();
    let builder = rules.fold(Redactor::builder(), crate::RedactorBuilder::rule);
    builder.build().expect("good").redact_str(text).into_owned()
}

/// Reads `own`, with the other files at hand.
fn extended(own: &str, files: &[(&str, &str)]) -> Result<Import, BuildError> {
    import_gitleaks_with("own.toml", own, &mut |_, path| {
        let file = files.iter().find(|(name, _)| *name == path).ok_or("is not there")?;
        Ok(Extended { place: path.to_owned(), toml: file.1.to_owned() })
    })
}

fn ids(import: &Import) -> Vec<&str> {
    import.rules.iter().map(|rule| rule.id.as_str()).collect()
}

/// What the catalogue and `toml` make of `text`, and the notices.
fn with_catalogue(toml: &str, text: &str) -> (String, String) {
    let builder = Redactor::builder().builtin_rules();
    let (builder, notices) = builder.gitleaks_toml("t.toml", toml).expect("good TOML");
    let redactor = builder.build().expect("good");
    (redactor.redact_str(text).into_owned(), notices.join("\n"))
}

#[test]
fn the_secret_group_is_what_is_redacted() {
    let import = import(
        "[[rules]]\nid='a'\nregex='(?i)[\\w.-]{0,50}?acme(?:[ \\w.-]{0,20})=[ ]{0,5}([a-z0-9]{12})(?:[\\s;]|$)'",
    );
    assert_eq!(
        redacted(&import, "my_acme_key= abcdef012345; x"),
        "my_acme_key= [REDACTED:gitleaks-a]; x"
    );
    let longer = "my_acme_key= abcdef0123456 x";
    assert_eq!(redacted(&import, longer), longer);
}

#[test]
fn what_means_something_else_is_told_by_name() {
    let import = import(
        "[[allowlists]]\ndescription='ours'\npaths=['x']\n[[rules]]\nid='p'\npath='x'\n[[rules]]\nid='q'\nregex='a.*'\n\
         [[rules]]\nid='r'\nregex='(?i)acme_[a-z]+x'\n[[rules.allowlists]]\nregexTarget='line'\nregexes=['x']\n\
         [[rules.required]]\nid='q'\n[[rules]]\nid='s'\nregex='acme_[a-z]{9}'\nskipReport=true",
    );
    let said = import.notices.join("\n");
    for words in [
        "`ours`: paths and commits",
        "`p`: its path",
        "`p`: has no regex",
        "`q`: left out",
        "`r`: an unbounded",
        "`r`: an allowlist over the line",
        "`r`: the rules that it requires",
        "`s`: is not reported",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(ids(&import), ["gitleaks-r"]);
}

#[test]
fn stop_words_and_exceptions_are_in_force() {
    let import = import(
        "[allowlist]\nstopwords=['demo']\n[[rules]]\nid='r'\nregex='acme_[a-z]{4,12}'\n\
         [[rules.allowlists]]\nregexes=['^acme_test']",
    );
    let text = "acme_xdemox acme_testx acme_realx";
    assert_eq!(redacted(&import, text), "acme_xdemox acme_testx [REDACTED:gitleaks-r]");
}

#[test]
fn a_condition_of_and_asks_for_every_criterion() {
    let import = import(
        "[[rules]]\nid='r'\nregex='acme_[a-z]{4,12}'\n\
         [[rules.allowlists]]\ncondition='AND'\nregexes=['^acme_te', '^acme_de']\nstopwords=['Good', 'fine']",
    );
    assert_eq!(
        redacted(&import, "acme_testgood acme_define acme_test acme_good"),
        "acme_testgood acme_define [REDACTED:gitleaks-r] [REDACTED:gitleaks-r]"
    );
    assert_eq!(import.notices, Vec::<String>::new());
}

/// In a stream there is no path: the whole list never holds, so that nothing is excepted by half of it.
#[test]
fn a_condition_of_and_with_a_path_never_holds() {
    let import = import(
        "[[rules]]\nid='r'\nregex='acme_[a-z]{4,12}'\n\
         [[rules.allowlists]]\ncondition='&&'\nregexes=['test']\npaths=['x']",
    );
    assert_eq!(redacted(&import, "acme_test"), "[REDACTED:gitleaks-r]");
    assert!(import.notices[0].contains("rule `r`") && import.notices[0].contains("never holds"));
}

#[test]
fn an_allowlist_over_the_match_counts_where_the_match_is_the_secret() {
    let toml = |regex| {
        format!(
            "[[rules]]\nid='r'\nregex='{regex}'\n[[rules.allowlists]]\nregexTarget='match'\nregexes=['^acme_test']"
        )
    };
    let whole = import(&toml("acme_[a-z]{4,12}"));
    assert_eq!(redacted(&whole, "acme_testx acme_realx"), "acme_testx [REDACTED:gitleaks-r]");
    assert_eq!(whole.notices, Vec::<String>::new());
    let part = import(&toml("acme_([a-z]{4,12})"));
    assert_eq!(redacted(&part, "acme_testx"), "acme_[REDACTED:gitleaks-r]");
    assert!(part.notices[0].contains("rule `r`: an allowlist over the match is ignored"));
}

#[test]
fn a_regex_that_cannot_be_read_costs_an_exception_and_no_rule() {
    let import = import(
        "[[rules]]\nid='r'\nregex='acme_[a-z]{4,12}'\n[[rules.allowlists]]\nregexes=['(', 'test']",
    );
    assert_eq!(redacted(&import, "acme_test acme_real"), "acme_test [REDACTED:gitleaks-r]");
    assert!(import.notices[0].contains("cannot be read"));
}

#[test]
fn an_allowlist_for_named_rules_counts_for_them_alone() {
    let import = import(
        "[[allowlists]]\ntargetRules=['a', 'zzz']\nstopwords=['demo']\n\
         [[rules]]\nid='a'\nregex='acme_[a-z]{4,12}'\n[[rules]]\nid='b'\nregex='othr_[a-z]{4,12}'",
    );
    assert_eq!(redacted(&import, "acme_demo othr_demo"), "acme_demo [REDACTED:gitleaks-b]");
    assert!(import.notices[0].contains("there is no rule `zzz`"), "{:?}", import.notices);
}

#[test]
fn of_two_rules_with_one_id_the_later_counts() {
    let import = import(
        "[[rules]]\nid='a'\nregex='acme_[a-z]{9}'\n[[rules]]\nid='a'\nregex='othr_[a-z]{9}'",
    );
    assert_eq!(ids(&import), ["gitleaks-a"]);
    assert!(import.rules[0].pattern.contains("othr_"), "{}", import.rules[0].pattern);
}

#[test]
fn an_extended_file_gives_rules_and_the_extending_one_overrides_them() {
    let base = "[[rules]]\nid='a'\ndescription='base'\nregex='acme_[a-z]{4,12}'\n[[rules.allowlists]]\nstopwords=['demo']\n\
                [[rules]]\nid='b'\nregex='othr_[a-z]{4,12}'\n[[rules]]\nid='c'\nregex='third_[a-z]{4,12}'\n\
                [[allowlists]]\nstopwords=['everywhere']";
    let own = "[extend]\npath='base.toml'\ndisabledRules=['c', 'zzz']\n\
               [[rules]]\nid='a'\ndescription='own'\n[[rules.allowlists]]\nstopwords=['ours']";
    let import = extended(own, &[("base.toml", base)]).expect("good");
    assert_eq!(ids(&import), ["gitleaks-a", "gitleaks-b"]);
    assert_eq!(import.rules[0].description, "own");
    let text = "acme_demo acme_ours acme_everywhere acme_real othr_demo third_real";
    assert_eq!(
        redacted(&import, text),
        "acme_demo acme_ours acme_everywhere [REDACTED:gitleaks-a] [REDACTED:gitleaks-b] third_real"
    );
    let said = import.notices.join("\n");
    assert!(said.contains("no rule `zzz`") && said.contains("beside this file"), "{said}");
}

#[test]
fn a_chain_of_files_has_an_end() {
    let to = |path: &str| {
        format!("[extend]\npath='{path}'\n[[rules]]\nid='x-{path}'\nregex='acme_[a-z]{{9}}'")
    };
    let (first, second, third) = (to("1"), to("2"), to("3"));
    let two = extended(&first, &[("1", &second), ("2", "")]).expect("two can be extended");
    assert_eq!(ids(&two), ["gitleaks-x-1", "gitleaks-x-2"]);
    let three = extended(&first, &[("1", &second), ("2", &third), ("3", "")]);
    let said = three.expect_err("three cannot").to_string();
    assert!(said.starts_with("2: [extend] path `3`: at most 2 files"), "{said}");
    let circle = extended(&first, &[("1", &to("own.toml")), ("own.toml", &first)]);
    let said = circle.expect_err("a circle").to_string();
    assert!(said.contains("[extend] path `own.toml`: it extends itself"), "{said}");
    let missing = extended(&first, &[]).expect_err("a missing file").to_string();
    assert_eq!(missing, "own.toml: [extend] path `1`: is not there");
    let both = import_gitleaks("t.toml", "[extend]\npath='1'\nuseDefault=true");
    assert!(
        both.expect_err("gitleaks refuses it too").to_string().contains("both path and useDefault")
    );
}

#[test]
fn the_default_rules_are_the_catalogue_and_are_changed_by_id() {
    let token = |template| crate::rule::template::expand(template, 1).expect("a template").text;
    let (github, gitlab) = (token("ghp_{alnum:36}"), token("glpat-{alnum:20}"));
    let text = format!("{github} {gitlab}");
    let (all, notices) = with_catalogue("[extend]\nuseDefault=true", &text);
    assert_eq!(all, "[REDACTED:github-pat] [REDACTED:gitlab-pat]");
    assert!(notices.contains("stands in for gitleaks' default rules"), "{notices}");

    let disabling = "[extend]\nuseDefault=true\ndisabledRules=['github-pat', 'zzz']";
    let (less, notices) = with_catalogue(disabling, &github);
    assert_eq!(less, github);
    assert!(notices.contains("disabledRules `zzz`: the catalogue has no rule"), "{notices}");

    let excepting = format!(
        "[extend]\nuseDefault=true\n[[rules]]\nid='gitlab-pat'\n[[rules.allowlists]]\nregexes=['{}']\n\
         [[rules]]\nid='zzz'\n[[allowlists]]\nregexes=['{}']",
        &gitlab[8..16],
        &github[8..16]
    );
    let (excepted, notices) = with_catalogue(&excepting, &text);
    assert_eq!(excepted, text);
    assert!(notices.contains("rule `zzz`: the catalogue has no rule"), "{notices}");

    let own = "[extend]\nuseDefault=true\n[[rules]]\nid='gitlab-pat'\nregex='acmepat-[a-z]{9}'";
    let (both, notices) = with_catalogue(own, &format!("{gitlab} acmepat-abcdefghi"));
    assert_eq!(both, "[REDACTED:gitlab-pat] [REDACTED:gitleaks-gitlab-pat]");
    assert!(notices.contains("rule `gitlab-pat`: the catalogue looks for its own"), "{notices}");
}

#[test]
fn without_default_rules_the_catalogue_stays_as_it_is() {
    let github = crate::rule::template::expand("ghp_{alnum:36}", 1).expect("a template").text;
    let toml = format!("[[allowlists]]\nregexes=['{}']", &github[8..16]);
    let (all, notices) = with_catalogue(&toml, &github);
    assert_eq!((all.as_str(), notices.as_str()), ("[REDACTED:github-pat]", ""));
}

/// Its counted automaton would have tens of megabytes; what it does not count ends with the bound of all rules.
#[test]
fn long_gaps_are_found_however_the_input_is_cut() {
    let regex = r#"(?s)\bacme\b(?:.{0,200}?|.{0,200}?(?:[\r\n]{1,2}.{0,200}?){1,5})-u[ ]{0,5}([a-z0-9]{8,200}:[a-z0-9]{3,200})"#;
    let import = import(&format!("[[rules]]\nid='r'\nregex='''{regex}'''"));
    assert!(import.notices.iter().any(|notice| notice.contains("may repeat more often")));
    let builder =
        import.rules.iter().cloned().fold(Redactor::builder(), crate::RedactorBuilder::rule);
    let redactor = builder.build().expect("good");
    let near = format!("acme {} -u alice123:secret9 end", "x y\n".repeat(60));
    let far = format!("acme {} -u alice123:secret9 end", "x y\n".repeat(3000));
    assert!(redactor.redact_str(&near).contains("-u [REDACTED:gitleaks-r] end"));
    assert_eq!(redactor.redact_str(&far), far);
    for text in [&near, &far] {
        let mut stream = redactor.stream(Vec::new());
        text.bytes().for_each(|byte| stream.push(&[byte]));
        assert_eq!(stream.finish(), redactor.redact(text.as_bytes()).as_ref());
    }
}

#[test]
fn of_alternatives_those_that_can_be_found_are_looked_for() {
    let import = import("[[rules]]\nid='r'\nregex='\\b(acme_[a-z]{8}|[a-f0-9]{40})\\b'");
    assert_eq!(ids(&import), ["gitleaks-r-1"]);
    assert!(import.notices[0].contains("`r`: alternative 2 of its regex is left out"));
    assert_eq!(redacted(&import, "x acme_realxyzq"), "x [REDACTED:gitleaks-r-1]");
}
