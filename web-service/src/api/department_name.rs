//! The names of departments, which the description of the API lists.

use timeoff_models::Departments;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{OpenApi, RefOr};

/// The name of a department, as a request has it. Which names there are is known only when the service runs. Answers
/// have plain texts: a client that was generated before a department was added must understand them.
#[derive(ToSchema)]
#[schema(value_type = String, description = "The name of a department")]
pub(super) struct DepartmentName(#[expect(dead_code, reason = "only described")] String);

/// Lists the names that there are.
pub(super) fn list_in(description: &mut OpenApi, departments: &Departments) {
    let names: Vec<&str> = departments
        .iter()
        .map(|department| department.as_str())
        .collect();
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The name of a department"))
        .enum_values(Some(names));
    let components = description.components.get_or_insert_default();
    let schema: RefOr<Schema> = schema.into();
    components
        .schemas
        .insert(DepartmentName::name().into_owned(), schema);
}
