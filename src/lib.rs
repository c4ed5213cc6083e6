//! heal reads recent logs, groups what went wrong, and repairs what the operator approved in advance.

pub mod analyse;
pub mod apply;
pub mod catalogue;
pub mod config;
pub mod exit;
pub mod group;
pub mod notice;
pub mod plan;
pub mod report;
pub mod sanitize;
pub mod scan;
pub mod sources;
pub mod store;
pub mod sys;
pub mod verify;
pub mod words;
