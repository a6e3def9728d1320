//! What stands before the cursor? The database in use. Ref: psql's prompt.

use std::borrow::Cow;

use reedline::{Prompt, PromptEditMode, PromptHistorySearch};

/// `owlake:db> ` on the first line and `     -> ` on the ones after it.
pub(super) struct DatabasePrompt {
    text: String,
}

impl DatabasePrompt {
    pub(super) fn new(database: Option<&str>) -> Self {
        DatabasePrompt { text: format!("owlake:{}", database.unwrap_or("default")) }
    }
}

impl Prompt for DatabasePrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        let width = self.text.chars().count().saturating_sub(1);
        Cow::Owned(format!("{}-> ", " ".repeat(width)))
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search: {}) ", search.term))
    }
}
