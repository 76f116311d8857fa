use super::*;
use crate::{Card, card::ACTION, samples};
use alloc::vec;

#[test]
fn con_26_a_form_takes_only_answers_to_its_questions() {
    let form = samples::form();
    let answer = samples::answer;
    for good in [
        vec![answer("size", "small")],
        vec![answer("size", "large"), answer("name", "Carol")],
        vec![answer("size", "large"), answer("name", "")],
        vec![answer("size", "small"), answer("cancel", "")],
    ] {
        assert!(form.takes(&good));
    }
    for bad in [
        // What is required is missing.
        vec![],
        vec![answer("name", "Carol")],
        // No such option, no such question, a button with a value.
        vec![answer("size", "medium")],
        vec![answer("size", "")],
        vec![answer("size", "small"), answer("colour", "red")],
        vec![answer("size", "small"), answer("cancel", "yes")],
    ] {
        assert!(!form.takes(&bad));
    }
}

#[test]
fn con_26_a_required_text_is_not_empty() {
    let mut form = samples::form();
    form.fields[1].required = true;
    let answers = |name| [samples::answer("size", "small"), samples::answer("name", name)];
    assert!(form.takes(&answers("Carol")) && !form.takes(&answers("")));
}

#[test]
fn con_26_a_card_takes_one_of_its_actions() {
    let card: Card = samples::card();
    let answer = samples::answer;
    assert!(card.takes(&[answer(ACTION, "pay secret")]));
    for bad in [
        vec![],
        vec![answer(ACTION, "Pay")],
        vec![answer("size", "pay secret")],
        vec![answer(ACTION, "pay secret"), answer("size", "small")],
    ] {
        assert!(!card.takes(&bad));
    }
}

#[test]
fn names_differ_or_do_not() {
    assert!(differ([].into_iter()) && differ(["a", "b", "c"].into_iter()));
    assert!(!differ(["a", "b", "a"].into_iter()) && !differ(["a", "a"].into_iter()));
}
