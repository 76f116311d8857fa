//! Relative links of Markdown pages.

use super::page::Page;

/// Links to files or headings that are not there, and chapters that the table of `spec/README.md` leaves out.
pub(super) fn check(pages: &[Page], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for page in pages {
        for (line, text) in (1..).zip(page.prose()) {
            for target in targets(&text) {
                if let Some(complaint) = broken(page, target, pages, &exists) {
                    found.push(format!("{}:{line}: `{target}` {complaint}", page.path));
                }
            }
        }
    }
    let Some(contents) = pages.iter().find(|page| page.path == "spec/README.md") else {
        return found;
    };
    for page in pages.iter().filter(|page| page.path != contents.path) {
        if let Some(name) = page.path.strip_prefix("spec/")
            && !contents.text.contains(&format!("]({name})"))
        {
            found.push(format!("{}: `{name}` is missing from the table of chapters", contents.path));
        }
    }
    found
}

/// What is wrong with a link of a page.
fn broken(page: &Page, target: &str, pages: &[Page], exists: impl Fn(&str) -> bool) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { Some(page.path.clone()) } else { resolve(&page.path, file) };
    let Some(path) = path.filter(|path| path == &page.path || exists(path)) else {
        return Some("is not there");
    };
    let other = pages.iter().find(|other| other.path == path)?;
    let there =
        anchor.is_empty() || other.prose().iter().filter_map(|line| slug(line)).any(|slug| slug == anchor);
    if there { None } else { Some("names no heading") }
}

/// The path of a link, from the root; `None` if it leaves the repository.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The targets of the links in a line: `[text](target)`.
fn targets(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).collect()
}

/// The anchor that forges make of a heading: lower case, no punctuation, hyphens for spaces.
fn slug(line: &str) -> Option<String> {
    let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
