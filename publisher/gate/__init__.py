"""The families' app: the only door to a built site. It knows editions and passes, never drafts."""
