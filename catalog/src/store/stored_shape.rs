//! How do the parts of the model look in files? One stored shape a part, and the way there and back.
//!
//! Basis: inferred. Field names are the keys in the files: renaming one is a change of the file format.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{
    Column, DatabaseDefinition, DatabaseTarget, FederatedDatabase, Parameters, PrincipalPermissions, SchemaReference, SerDeInfo,
    SkewedInfo, SortColumn, StorageDescriptor, StorageFormat, TableDefinition, TableTarget, ViewDefinition, ViewRepresentation,
};

/// A stored form of a part of the model.
pub(super) trait Shape<Domain>: Sized {
    fn store(domain: &Domain) -> Self;
    fn load(self) -> Domain;
}

/// A stored field that is left out of the file when there is nothing in it.
trait Optional {
    fn is_absent(&self) -> bool;
}

/// Declares a stored struct with the same fields as a part of the model, and the way there and back. What a plain
/// function can't do: name each field once.
macro_rules! stored_shape {
    ($stored:ident of $domain:ident { required { $($must:ident: $must_type:ty),* } optional { $($may:ident: $may_type:ty),* } }) => {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $stored {
            $($must: $must_type,)*
            $(
                #[serde(default, skip_serializing_if = "Optional::is_absent")]
                $may: $may_type,
            )*
        }

        impl Shape<$domain> for $stored {
            fn store(domain: &$domain) -> Self {
                $stored { $($must: Shape::store(&domain.$must),)* $($may: Shape::store(&domain.$may),)* }
            }

            fn load(self) -> $domain {
                $domain { $($must: Shape::load(self.$must),)* $($may: Shape::load(self.$may),)* }
            }
        }
    };
}

stored_shape!(StoredDatabaseDefinition of DatabaseDefinition {
    required {}
    optional {
        description: Option<String>,
        location_uri: Option<String>,
        parameters: Parameters,
        create_table_default_permissions: Vec<StoredPrincipalPermissions>,
        target_database: Option<StoredDatabaseTarget>,
        federated_database: Option<StoredFederatedDatabase>
    }
});

stored_shape!(StoredPrincipalPermissions of PrincipalPermissions {
    required {}
    optional { principal: Option<String>, permissions: Vec<String> }
});

stored_shape!(StoredDatabaseTarget of DatabaseTarget {
    required {}
    optional { catalog_id: Option<String>, database_name: Option<String>, region: Option<String> }
});

stored_shape!(StoredFederatedDatabase of FederatedDatabase {
    required {}
    optional { identifier: Option<String>, connection_name: Option<String>, connection_type: Option<String> }
});

stored_shape!(StoredTableDefinition of TableDefinition {
    required {}
    optional {
        description: Option<String>,
        owner: Option<String>,
        last_access_time_ms: Option<i64>,
        last_analyzed_time_ms: Option<i64>,
        retention: Option<i64>,
        storage: Option<StoredStorageDescriptor>,
        partition_keys: Vec<StoredColumn>,
        view_original_text: Option<String>,
        view_expanded_text: Option<String>,
        table_type: Option<String>,
        parameters: Parameters,
        target_table: Option<StoredTableTarget>,
        view_definition: Option<StoredViewDefinition>
    }
});

stored_shape!(StoredTableTarget of TableTarget {
    required {}
    optional { catalog_id: Option<String>, database_name: Option<String>, name: Option<String>, region: Option<String> }
});

stored_shape!(StoredViewDefinition of ViewDefinition {
    required {}
    optional {
        is_protected: Option<bool>,
        definer: Option<String>,
        view_version_id: Option<i64>,
        view_version_token: Option<String>,
        refresh_seconds: Option<i64>,
        last_refresh_type: Option<String>,
        sub_objects: Vec<String>,
        sub_object_version_ids: Vec<i64>,
        representations: Vec<StoredViewRepresentation>
    }
});

stored_shape!(StoredViewRepresentation of ViewRepresentation {
    required {}
    optional {
        dialect: Option<String>,
        dialect_version: Option<String>,
        view_original_text: Option<String>,
        view_expanded_text: Option<String>,
        validation_connection: Option<String>
    }
});

stored_shape!(StoredStorageDescriptor of StorageDescriptor {
    required { format: StoredStorageFormat }
    optional { location: Option<String> }
});

stored_shape!(StoredStorageFormat of StorageFormat {
    required {}
    optional {
        columns: Vec<StoredColumn>,
        additional_locations: Vec<String>,
        input_format: Option<String>,
        output_format: Option<String>,
        compressed: Option<bool>,
        number_of_buckets: Option<i64>,
        serde_info: Option<StoredSerDeInfo>,
        bucket_columns: Vec<String>,
        sort_columns: Vec<StoredSortColumn>,
        parameters: Parameters,
        skewed_info: Option<StoredSkewedInfo>,
        stored_as_sub_directories: Option<bool>,
        schema_reference: Option<StoredSchemaReference>
    }
});

stored_shape!(StoredColumn of Column {
    required { name: String }
    optional { type_text: Option<String>, comment: Option<String>, parameters: Parameters }
});

stored_shape!(StoredSerDeInfo of SerDeInfo {
    required {}
    optional { name: Option<String>, serialization_library: Option<String>, parameters: Parameters }
});

stored_shape!(StoredSortColumn of SortColumn {
    required { column: String, sort_order: i64 }
    optional {}
});

stored_shape!(StoredSkewedInfo of SkewedInfo {
    required {}
    optional { column_names: Vec<String>, column_values: Vec<String>, column_value_location_maps: Parameters }
});

stored_shape!(StoredSchemaReference of SchemaReference {
    required {}
    optional {
        schema_arn: Option<String>,
        schema_name: Option<String>,
        registry_name: Option<String>,
        schema_version_id: Option<String>,
        schema_version_number: Option<i64>
    }
});

impl Shape<Arc<StorageFormat>> for StoredStorageFormat {
    fn store(domain: &Arc<StorageFormat>) -> Self {
        Shape::<StorageFormat>::store(domain)
    }

    fn load(self) -> Arc<StorageFormat> {
        Arc::new(Shape::<StorageFormat>::load(self))
    }
}

impl Shape<Arc<str>> for String {
    fn store(domain: &Arc<str>) -> Self {
        domain.as_ref().to_owned()
    }

    fn load(self) -> Arc<str> {
        self.into()
    }
}

/// Parts that are stored as they are.
macro_rules! stored_as_is {
    ($($type:ty),*) => {
        $(
            impl Shape<$type> for $type {
                fn store(domain: &$type) -> Self {
                    domain.clone()
                }

                fn load(self) -> $type {
                    self
                }
            }
        )*
    };
}

stored_as_is!(String, i64, bool, Parameters);

impl<D, S: Shape<D>> Shape<Option<D>> for Option<S> {
    fn store(domain: &Option<D>) -> Self {
        domain.as_ref().map(S::store)
    }

    fn load(self) -> Option<D> {
        self.map(S::load)
    }
}

impl<D, S: Shape<D>> Shape<Vec<D>> for Vec<S> {
    fn store(domain: &Vec<D>) -> Self {
        domain.iter().map(S::store).collect()
    }

    fn load(self) -> Vec<D> {
        self.into_iter().map(S::load).collect()
    }
}

impl<T> Optional for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Optional for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Optional for Parameters {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}
