//! What of a message can be found: whatever somebody wrote in it that a reader sees.

use aside_content::{Body, Card, Form, Media, Profile, Reference};

/// What of a body can be found. A new kind has to say here what of it is text.
pub(crate) fn findable(body: &Body) -> String {
    let mut text = Findable::default();
    text.take(body);
    text.0
}

/// What was found so far, each part on lines of its own.
#[derive(Default)]
struct Findable(String);

impl Findable {
    fn take(&mut self, body: &Body) {
        match body {
            Body::Text(text) => self.push(text.as_str()),
            Body::Media(media) => self.take_media(media),
            Body::Sticker(sticker) => self.push(&sticker.emoji),
            Body::Reference(reference) => self.take_reference(reference),
            Body::Profile(profile) => self.take_profile(profile),
            Body::Reply(reply) => self.take(&reply.body),
            Body::Forward(forward) => self.take(&forward.body),
            Body::Form(form) => self.take_form(form),
            Body::Choice(choice) => choice.answers.iter().for_each(|answer| self.push(&answer.value)),
            Body::Card(card) => self.take_card(card),
            Body::Handover(handover) => self.push(&handover.note),
            Body::Unknown { .. } => self.push(&body.fallback_text()),
            Body::ChatOpen { .. }
            | Body::ChatAccept
            | Body::ChatDecline
            | Body::ChatClose
            | Body::Reaction(_)
            | Body::Edit(_)
            | Body::Unsend(_)
            | Body::Group { .. }
            | Body::Receipts(_)
            | Body::Typing { .. }
            | Body::Presence(_)
            | Body::Sharing(_)
            | Body::EncryptedOnly(_)
            | Body::ExpiryPolicy(_)
            | Body::Shorten(_)
            | Body::ViewOnce(_)
            | Body::Capture(_)
            | Body::Retry(_) => {}
        }
    }

    fn push(&mut self, part: &str) {
        self.0.push_str(part);
        self.0.push('\n');
    }

    fn take_media(&mut self, media: &Media) {
        self.push(&media.name);
        self.push(&media.caption);
    }

    fn take_reference(&mut self, reference: &Reference) {
        self.push(&reference.target);
        if let Some(preview) = &reference.preview {
            self.push(&preview.title);
            self.push(&preview.description);
            self.push(&preview.site);
        }
    }

    fn take_profile(&mut self, profile: &Profile) {
        self.push(profile.handle.as_str());
        self.push(&profile.name);
    }

    fn take_form(&mut self, form: &Form) {
        self.push(&form.title);
        for field in &form.fields {
            self.push(&field.label);
            field.options.iter().for_each(|option| self.push(option));
        }
    }

    fn take_card(&mut self, card: &Card) {
        self.push(&card.title);
        self.push(&card.link);
        for line in &card.lines {
            self.push(&line.label);
            self.push(&line.value);
        }
        card.actions.iter().for_each(|action| self.push(&action.label));
    }
}

#[cfg(test)]
#[path = "findable_tests.rs"]
mod tests;
