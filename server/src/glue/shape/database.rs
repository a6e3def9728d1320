//! How does a database become Glue's `Database`, and a `DatabaseInput` a definition? Ref: Glue API, `DatabaseInput`.

use super::{filled, seconds};
use owlake_catalog::DatabaseDefinition;
use owlake_catalog::model;
use owlake_shapes::glue;

/// What a `DatabaseInput` says, but for its name.
pub fn database_definition(input: glue::DatabaseInput) -> DatabaseDefinition {
    DatabaseDefinition {
        description: input.description,
        location_uri: input.location_uri,
        parameters: input.parameters.unwrap_or_default(),
        create_table_default_permissions: input
            .create_table_default_permissions
            .unwrap_or_default()
            .into_iter()
            .map(|permissions| model::PrincipalPermissions {
                principal: permissions.principal.and_then(|principal| principal.data_lake_principal_identifier),
                permissions: permissions.permissions.unwrap_or_default(),
            })
            .collect(),
        target_database: input.target_database.map(|target| model::DatabaseTarget {
            catalog_id: target.catalog_id,
            database_name: target.database_name,
            region: target.region,
        }),
        federated_database: input.federated_database.map(|federated| model::FederatedDatabase {
            identifier: federated.identifier,
            connection_name: federated.connection_name,
            connection_type: federated.connection_type,
        }),
    }
}

/// A database as Glue shows it.
pub fn database(database: &model::Database, catalog_id: &str) -> glue::Database {
    let definition = &database.definition;
    let permissions = definition.create_table_default_permissions.iter().map(|permissions| glue::PrincipalPermissions {
        principal: permissions
            .principal
            .clone()
            .map(|identifier| glue::DataLakePrincipal { data_lake_principal_identifier: Some(identifier) }),
        permissions: Some(permissions.permissions.clone()),
    });
    glue::Database {
        name: database.name.to_string(),
        description: definition.description.clone(),
        location_uri: definition.location_uri.clone(),
        parameters: filled(&definition.parameters),
        create_time: Some(seconds(database.create_time_ms)),
        create_table_default_permissions: filled(&permissions.collect()),
        target_database: definition.target_database.clone().map(|target| glue::DatabaseIdentifier {
            catalog_id: target.catalog_id,
            database_name: target.database_name,
            region: target.region,
        }),
        catalog_id: Some(catalog_id.to_owned()),
        federated_database: definition.federated_database.clone().map(|federated| glue::FederatedDatabase {
            identifier: federated.identifier,
            connection_name: federated.connection_name,
            connection_type: federated.connection_type,
        }),
    }
}
