//! What a file was called by earlier versions still names it.

use super::DaemonHandle;

const BUDGETS: &str = "month,channel,amount\n2026-11,paid_search,100\n";

#[tokio::test]
async fn files_that_an_earlier_version_loaded_are_not_loaded_again_under_their_new_names() {
    let desk = DaemonHandle::new("budgets");
    desk.put("plan Köln.2026.csv", BUDGETS);
    desk.put("plan köln-2026.csv", BUDGETS.replace("paid_search", "email"));
    let first = desk.sync().await;
    assert!(first.error.is_none() && first.slices == 2, "{first:?}");
    // As the version before wrote it: signs lost, and no hash of the whole.
    let old = "UPDATE ops.dropped_file SET slice = regexp_replace(slice, '~[0-9a-f]{16}', '')";
    let run = |sql: &'static str| {
        desk.context
            .warehouse
            .write_blocking(move |c| daybook::warehouse::Context::context(c.execute_batch(sql), || sql.to_owned()))
            .expect(sql);
    };
    run(old);
    assert_eq!(desk.texts("SELECT count(*)::VARCHAR FROM ops.dropped_file WHERE slice LIKE '%~%'"), ["0"]);
    assert_eq!(desk.sync().await.slices, 0, "both are known");
}
