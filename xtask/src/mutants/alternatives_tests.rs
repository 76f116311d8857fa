use super::*;

const SOURCE: &str = "/// A fn { in words.\n#[must_use]\npub const fn least<const N: usize>(a: [u8; { 1 }]) -> bool {\n    N < 2\n}\n\nfn all() -> impl Iterator {\n    0..2\n}\n";

fn span(from: (usize, usize), to: (usize, usize)) -> Span {
    let position = |(line, column)| Position { line, column };
    Span { start: position(from), end: position(to) }
}

fn alternative(number: usize, function: Span, span: Span, replacement: &str) -> Alternative<'_> {
    Alternative { number, function, span, replacement }
}

#[test]
fn a_function_has_its_mutants_beside_its_body() {
    let function = span((1, 1), (5, 2));
    let alternatives = [
        alternative(7, function, span((4, 7), (4, 8)), "<="),
        alternative(8, function, span((4, 5), (4, 10)), "true"),
    ];
    let written = write(SOURCE, &alternatives, "crate::chosen");
    let wanted = "pub       fn least<const N: usize>(a: [u8; { 1 }]) -> bool { match crate::chosen(7) {\n7 => {\n    N <= 2\n}\n8 => {\n    true\n}\n_ => {\n    N < 2\n}\n} }\n\nfn all";
    assert!(written.text.contains(wanted), "{}", written.text);
    assert_eq!(written.left_out, [0usize; 0]);
    assert_eq!(written.functions, [(7, 7), (8, 7)]);
    assert_eq!(
        [3, 4, 5, 6, 7, 8, 9, 10].map(|line| written.on(line)),
        [None, Some(7), Some(7), Some(7), Some(8), Some(8), Some(8), None]
    );
}

#[test]
fn a_function_that_returns_what_its_body_tells_is_left() {
    let function = span((7, 1), (9, 2));
    let written = write(SOURCE, &[alternative(3, function, span((8, 5), (8, 9)), "1..2")], "chosen");
    assert_eq!((written.text.as_str(), written.left_out.as_slice()), (SOURCE, [3].as_slice()));
}

#[test]
fn a_change_is_made_where_it_stands() {
    assert_eq!(replace("fn a() {\n    1 – 2\n}", span((2, 7), (2, 8)), "+"), "fn a() {\n    1 + 2\n}");
}

#[test]
fn a_constant_is_named() {
    let source = "const A: usize = 1;\npub const B_BYTES: usize =\n    A + 2;\n";
    assert_eq!(constant(source, span((3, 7), (3, 8))), Some("B_BYTES"));
}
