//! What a person looks at before a report goes out: a page that lays every format side by side. Tools for admins, so their own templates are not replaceable.

mod index;
mod page;

pub use index::{Format, Index, Remark, Sheet, index};
pub use page::page;
