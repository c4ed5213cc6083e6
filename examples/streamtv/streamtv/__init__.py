"""StreamTV: channels made of films that anybody may watch."""
