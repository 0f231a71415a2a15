//! The key of pseudonyms, which SQL asks for as a variable.

use crate::support::secret::Secret;
use crate::warehouse::error::WarehouseError;
use crate::warehouse::sql::literal;
use duckdb::Connection;

/// Sets the key of the pseudonyms for the connection's next statements.
pub fn set_key(connection: &Connection, key: &Secret) -> Result<(), WarehouseError> {
    // No value can be bound here; the statement's text is not part of the error.
    connection.execute_batch(&format!("SET VARIABLE person_key = {}", literal(key.expose()))).map_err(|_| {
        WarehouseError::Invalid("the key of people's pseudonyms cannot be used: it holds unusual characters".to_owned())
    })
}

/// Forgets that key, however the work ended: no rollback takes a variable back.
pub fn forget_key(connection: &Connection) {
    // A connection that cannot do this has given up on its database, and is opened anew.
    let _ = connection.execute_batch("RESET VARIABLE person_key");
}
