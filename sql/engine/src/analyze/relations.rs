//! What do the relations of a FROM clause give, and which names do they bring? Ref: Trino 401 `StatementAnalyzer.visitTable`, `visitJoin`, `visitUnnest`, `visitAliasedRelation`.

use std::rc::Rc;
use std::sync::Arc;

use owlake_functions::registry::Operator;
use owlake_functions::types::TrinoType;
use owlake_functions::types::coercion::{can_coerce, common_supertype};
use owlake_syntax::location::Location;
use owlake_syntax::trino::ast::{
    AliasedRelation, Expression, ExpressionKind, Identifier, Join, JoinCriteria, JoinKind as WrittenJoin, QualifiedName, QueryPeriod,
    Relation as WrittenRelation, RelationKind, SampleKind, SampledRelation, Sign, Unnest,
};

use crate::error::EngineError;
use crate::ir::{Column, Expr, ExprKind, JoinKind, Relation, UnnestItem};
use crate::table::{ColumnKind, TableHandle};

use super::analyzer::{Analyzer, Place, distinct_columns};
use super::coercion::coerced;
use super::expression::{boolean, operator_call};
use super::failure::{Analysis, fail_at, mismatch, unsupported};
use super::query::Output;
use super::scope::{Field, NamedQuery, NamedQueryKind, Resolved, Scope};
use super::tables::{CATALOG_NAME, FoundTable, QualifiedTableName};
use super::visit::{check_scalar, find};

/// A relation analysed, with the scope its names make.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub relation: Relation,
    pub scope: Rc<Scope<'a>>,
}

impl<'a> Analyzer<'a> {
    /// `scope` is what encloses the FROM clause; of a lateral relation, the relations to its left.
    pub(crate) fn relation(&mut self, relation: &'a WrittenRelation, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        let at = relation.location;
        match &relation.kind {
            RelationKind::Table { name, period } => self.table(name, period.as_deref(), at, scope),
            RelationKind::Subquery(query) => {
                let mut output = self.query(query, scope, false)?;
                self.tell_columns_apart(&mut output.relation, &mut output.fields);
                Ok(source(output, scope))
            }
            RelationKind::Lateral(query) => {
                // A lateral without anything to its left is a plain subquery.
                let output = self.query(query, scope, false)?;
                Ok(source(output, scope))
            }
            RelationKind::Unnest(unnest) => {
                let one_row = Relation::Values { columns: Vec::new(), rows: vec![Vec::new()] };
                self.unnest(unnest, one_row, scope, scope, false)
            }
            RelationKind::TableFunction(name) => {
                Err(fail_at(name.location(), "FUNCTION_NOT_FOUND", format!("Table function {name} not registered")))
            }
            RelationKind::Sampled(sampled) => self.sampled(sampled, scope),
            RelationKind::Aliased(aliased) => self.aliased(aliased, at, scope),
            RelationKind::Join(join) => self.join(join, at, scope),
            RelationKind::PatternRecognition(recognition) => self.pattern_recognition(recognition, at, scope),
        }
    }

    /// A derived table that gives one column under two names has two columns: grouping sets may tell them apart.
    fn tell_columns_apart(&mut self, relation: &mut Relation, fields: &mut [Field]) {
        let is_repeated = |position: usize| fields[..position].iter().any(|earlier| earlier.symbol == fields[position].symbol);
        if !(0..fields.len()).any(is_repeated) {
            return;
        }
        let types: Vec<TrinoType> = fields.iter().map(|field| field.data_type.clone()).collect();
        let columns = self.coerce_columns(relation, fields, types.iter());
        for (field, column) in fields.iter_mut().zip(columns) {
            field.symbol = column.symbol;
        }
    }

    pub(crate) fn table(
        &mut self,
        name: &'a QualifiedName,
        period: Option<&'a QueryPeriod>,
        at: Location,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Source<'a>> {
        if let [only] = name.parts.as_slice()
            && let Some(named) = scope.named_query(&only.value)
        {
            return self.named_query(&named, only, scope);
        }
        let qualified = self.qualify(name)?;
        if let Some(period) = period {
            self.check_period(period, scope)?;
        }
        let own = self.own_name(&qualified);
        match self.context.tables.find_table(&own)? {
            FoundTable::Table(table) => {
                if period.is_some() {
                    return Err(EngineError::engine("NOT_SUPPORTED", "This connector does not support versioned tables"));
                }
                if table.columns.iter().all(|column| matches!(column.kind, ColumnKind::Hidden(_))) {
                    return Err(fail_at(at, "TABLE_HAS_NO_COLUMNS", format!("Table '{qualified}' has no columns")));
                }
                Ok(self.scan(table, name, scope))
            }
            FoundTable::View(view) => {
                if period.is_some() {
                    let message = "Views are not supported with query period";
                    return Err(unsupported(at, message));
                }
                let output = self.view(&own, &view, at)?;
                let alias: Vec<String> = name.parts.iter().map(Identifier::canonical).collect();
                Ok(source(aliased_fields(output, &alias), scope))
            }
            FoundTable::CatalogMissing => Err(fail_at(at, "CATALOG_NOT_FOUND", format!("Catalog '{}' does not exist", qualified.catalog))),
            FoundTable::SchemaMissing => Err(fail_at(at, "SCHEMA_NOT_FOUND", format!("Schema '{}' does not exist", qualified.schema))),
            FoundTable::TableMissing => Err(fail_at(at, "TABLE_NOT_FOUND", format!("Table '{qualified}' does not exist"))),
        }
    }

    /// The full name of a table, short parts filled in from the session. Errors: MISSING_SCHEMA_NAME; SYNTAX_ERROR past three parts.
    pub(crate) fn qualify(&self, name: &QualifiedName) -> Analysis<QualifiedTableName> {
        let at = name.location();
        let parts: Vec<String> = name.parts.iter().map(Identifier::canonical).collect();
        let (catalog, schema, table) = match parts.as_slice() {
            [table] => (self.catalog.clone(), self.schema.clone(), table),
            [schema, table] => (self.catalog.clone(), Some(schema.clone()), table),
            [catalog, schema, table] => (catalog.clone(), Some(schema.clone()), table),
            _ => return Err(fail_at(at, "SYNTAX_ERROR", format!("Too many dots in table name: {name}"))),
        };
        let Some(schema) = schema else {
            return Err(fail_at(at, "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set"));
        };
        Ok(QualifiedTableName { catalog, schema, table: table.clone() })
    }

    /// The name under which a table is kept: other names of the catalog are its own.
    pub(crate) fn own_name(&self, name: &QualifiedTableName) -> QualifiedTableName {
        let is_alias = self.context.session.catalog_aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&name.catalog));
        let catalog = if is_alias { CATALOG_NAME.to_owned() } else { name.catalog.clone() };
        QualifiedTableName { catalog, ..name.clone() }
    }

    fn scan(&mut self, table: Arc<TableHandle>, name: &QualifiedName, scope: &Rc<Scope<'a>>) -> Source<'a> {
        let alias: Rc<[String]> = name.parts.iter().map(Identifier::canonical).collect::<Vec<_>>().into();
        let mut fields = Vec::with_capacity(table.columns.len());
        let mut columns = Vec::with_capacity(table.columns.len());
        for (index, column) in table.columns.iter().enumerate() {
            let output = self.fresh_column(&column.data_type);
            if matches!(column.kind, ColumnKind::Hidden(_)) {
                self.shared.unused_hidden.insert(output.symbol);
            }
            fields.push(Field {
                relation_alias: Some(Rc::clone(&alias)),
                name: Some(column.name.as_str().into()),
                symbol: output.symbol,
                data_type: column.data_type.clone(),
                is_hidden: matches!(column.kind, ColumnKind::Hidden(_)),
            });
            columns.push((output, index));
        }
        Source { relation: Relation::Scan { table, columns }, scope: Scope::within(scope, fields) }
    }

    fn check_period(&mut self, period: &'a QueryPeriod, scope: &Rc<Scope<'a>>) -> Analysis<()> {
        let typed = self.expression(&period.end, &Place::plain(scope))?;
        let is_temporal = matches!(typed.data_type, TrinoType::Date | TrinoType::Timestamp(_) | TrinoType::TimestampWithTimeZone(_));
        let counts_time = period.kind == owlake_syntax::trino::ast::QueryPeriodKind::Timestamp;
        if typed.data_type == TrinoType::Unknown {
            return Err(fail_at(period.location, "INVALID_ARGUMENTS", "Pointer value cannot be NULL"));
        }
        if counts_time && !is_temporal {
            let message = format!(
                "Type {} invalid. Temporal pointers must be of type Timestamp, Timestamp with Time Zone, or Date.",
                typed.data_type
            );
            return Err(mismatch(period.location, message));
        }
        if is_null_constant(&typed) {
            return Err(fail_at(period.location, "INVALID_ARGUMENTS", "Pointer value cannot be NULL"));
        }
        if let (true, Some(text)) = (counts_time, super::literals::text_not_past(&typed, self.context.session)) {
            let message = format!("Pointer value '{text}' is not in the past");
            return Err(fail_at(period.location, "INVALID_ARGUMENTS", message));
        }
        Ok(())
    }

    fn named_query(&mut self, named: &Rc<NamedQuery<'a>>, reference: &Identifier, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        let alias = [reference.canonical()];
        match &named.kind {
            NamedQueryKind::Plain { query, scope: definition_scope, definition } => {
                let kept = definition.borrow_mut().take();
                let reads_outside = |kept: &super::scope::Definition| {
                    kept.references.iter().any(|reference| reference.outer_text.is_some() && reference.level < kept.depth)
                };
                let output = match kept {
                    // The symbols are free to take once; correlations only fit where the definition stands.
                    Some(kept) if kept.depth == self.shared.depth || !reads_outside(&kept) => {
                        if kept.depth == self.shared.depth {
                            self.shared.references.extend(kept.references);
                        }
                        kept.output
                    }
                    _ => {
                        let inner = self.expansion_scope(definition_scope);
                        self.query(&query.query, &inner, false)?
                    }
                };
                let mut output = renamed_fields(output, query.column_names.as_deref());
                self.tell_columns_apart(&mut output.relation, &mut output.fields);
                Ok(source(aliased_fields(output, &alias), scope))
            }
            NamedQueryKind::Recursive { query, scope: definition_scope } => {
                let inner = self.expansion_scope(definition_scope);
                let output = self.recursive_query(query, &inner)?;
                Ok(source(aliased_fields(output, &alias), scope))
            }
            NamedQueryKind::WorkingTable { id, fields } => {
                let mut columns = Vec::with_capacity(fields.len());
                let mut own = Vec::with_capacity(fields.len());
                for field in fields {
                    let column = self.fresh_column(&field.data_type);
                    own.push(Field { symbol: column.symbol, ..field.clone() });
                    columns.push(column);
                }
                let output = Output { relation: Relation::RecursiveReference { id: *id, columns }, fields: own };
                Ok(source(aliased_fields(output, &alias), scope))
            }
        }
    }

    /// The scope a WITH query was written in, as seen from the place it is used: its own relations belong to this place.
    fn expansion_scope(&self, definition: &Rc<Scope<'a>>) -> Rc<Scope<'a>> {
        Rc::new(Scope {
            fields: Vec::new(),
            parent: Some((Rc::clone(definition), super::scope::Link::Local)),
            level: self.shared.depth,
            role: super::scope::ScopeRole::Source,
            named_queries: std::collections::HashMap::new(),
        })
    }

    fn sampled(&mut self, sampled: &'a SampledRelation, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        let percentage = &sampled.percentage;
        let is_name = |part: &Expression| matches!(part.kind, ExpressionKind::Identifier(_) | ExpressionKind::Dereference { .. });
        if !find(percentage, &is_name).is_empty() {
            return Err(fail_at(percentage.location, "EXPRESSION_NOT_CONSTANT", "Sample percentage cannot contain column references"));
        }
        let typed = self.expression(percentage, &Place::plain(&Scope::root(self.shared.depth)))?;
        if !can_coerce(&typed.data_type, &TrinoType::Double) {
            return Err(mismatch(percentage.location, "Sample percentage should be a numeric expression"));
        }
        if is_null_constant(&typed) {
            return Err(fail_at(percentage.location, "INVALID_ARGUMENTS", "Sample percentage cannot be NULL"));
        }
        if let Some(value) = constant_number(percentage) {
            let message = if value < 0.0 {
                Some("Sample percentage must be greater than or equal to 0")
            } else if value > 100.0 {
                Some("Sample percentage must be less than or equal to 100")
            } else {
                None
            };
            if let Some(message) = message {
                return Err(fail_at(percentage.location, "NUMERIC_VALUE_OUT_OF_RANGE", message));
            }
        }
        let inner = self.relation(&sampled.relation, scope)?;
        let relation = Relation::Sample {
            input: Box::new(inner.relation),
            is_bernoulli: sampled.kind == SampleKind::Bernoulli,
            percentage: coerced(typed, &TrinoType::Double),
        };
        Ok(Source { relation, scope: inner.scope })
    }

    fn aliased(&mut self, aliased: &'a AliasedRelation, at: Location, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        let inner = self.relation(&aliased.relation, scope)?;
        let fields = alias_fields(&inner.scope.fields, aliased, at)?;
        Ok(Source { relation: inner.relation, scope: Scope::within(scope, fields) })
    }

    fn join(&mut self, join: &'a Join, at: Location, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        if matches!(join.criteria, Some(JoinCriteria::Natural)) {
            return Err(unsupported(at, "Natural join not supported"));
        }
        let left = self.relation(&join.left, scope)?;
        let (unaliased, alias) = match &join.right.kind {
            RelationKind::Aliased(aliased) => (&aliased.relation, Some((&**aliased, join.right.location))),
            _ => (&join.right, None),
        };
        match &unaliased.kind {
            RelationKind::Unnest(unnest) => self.join_unnest(join, at, left, unnest, alias, scope),
            RelationKind::Lateral(query) => self.join_lateral(join, at, left, query, alias, scope),
            _ => {
                let right = self.relation(&join.right, scope)?;
                self.join_sources(join, left, right, scope)
            }
        }
    }

    fn join_sources(&mut self, join: &'a Join, left: Source<'a>, right: Source<'a>, scope: &Rc<Scope<'a>>) -> Analysis<Source<'a>> {
        let kind = join_kind(join.kind);
        if let Some(JoinCriteria::Using(columns)) = &join.criteria {
            return self.join_using(kind, columns, left, right, scope);
        }
        let fields: Vec<Field> = left.scope.fields.iter().chain(&right.scope.fields).cloned().collect();
        let output = Scope::within(scope, fields);
        let condition = match &join.criteria {
            Some(JoinCriteria::On(expression)) => Some(self.join_condition(expression, kind, &output)?),
            Some(JoinCriteria::Using(_) | JoinCriteria::Natural) | None => None,
        };
        let relation = Relation::Join { kind, left: Box::new(left.relation), right: Box::new(right.relation), condition };
        Ok(Source { relation, scope: output })
    }

    fn join_condition(&mut self, expression: &'a Expression, kind: JoinKind, scope: &Rc<Scope<'a>>) -> Analysis<Expr> {
        check_scalar(expression, "JOIN clause")?;
        let place = Place { allows_outer: kind == JoinKind::Inner, ..Place::plain(scope) };
        let typed = self.expression(expression, &place)?;
        if typed.data_type != TrinoType::Boolean && typed.data_type != TrinoType::Unknown {
            let message = format!("JOIN ON clause must evaluate to a boolean: actual type {}", typed.data_type);
            return Err(mismatch(expression.location, message));
        }
        Ok(coerced(typed, &TrinoType::Boolean))
    }

    /// `USING (a, b)`: the columns once, merged, then the rest of the left and the right.
    fn join_using(
        &mut self,
        kind: JoinKind,
        names: &'a [Identifier],
        left: Source<'a>,
        right: Source<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Source<'a>> {
        let mut conditions = Vec::with_capacity(names.len());
        let mut expressions: Vec<(Column, Expr)> = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        let mut merged = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if names[..index].iter().any(|earlier| super::scope::is_same_name(&earlier.value, &name.value)) {
                let message = format!("Column '{}' appears multiple times in USING clause", name.value);
                return Err(fail_at(name.location, "DUPLICATE_COLUMN_NAME", message));
            }
            let left_field = self.using_column(&left.scope, name, "left")?;
            let right_field = self.using_column(&right.scope, name, "right")?;
            let column = |field: &Field| Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
            let equal = operator_call(Operator::Equal, vec![column(&left_field), column(&right_field)], name.location)?;
            conditions.push(equal);
            let common = common_supertype(&left_field.data_type, &right_field.data_type).ok_or_else(|| {
                mismatch(name.location, format!("Cannot apply operator: {} = {}", left_field.data_type, right_field.data_type))
            })?;
            let (from_left, from_right) = (coerced(column(&left_field), &common), coerced(column(&right_field), &common));
            let value = match kind {
                JoinKind::Inner | JoinKind::Left => from_left,
                JoinKind::Right => from_right,
                JoinKind::Full => Expr { kind: ExprKind::Coalesce(vec![from_left, from_right]), data_type: common.clone() },
            };
            let output = self.fresh_column(&common);
            fields.push(Field {
                relation_alias: None,
                name: Some(name.value.as_str().into()),
                symbol: output.symbol,
                data_type: common,
                is_hidden: false,
            });
            expressions.push((output, value));
            merged.extend([left_field.symbol, right_field.symbol]);
        }
        for field in left.scope.fields.iter().chain(&right.scope.fields).filter(|field| !merged.contains(&field.symbol)) {
            fields.push(field.clone());
            if !expressions.iter().any(|(column, _)| column.symbol == field.symbol) {
                // Hidden columns go through too, and out again when nobody names them.
                let column = Expr { kind: ExprKind::Column(field.symbol), data_type: field.data_type.clone() };
                expressions.push((field.column(), column));
            }
        }
        let condition = if conditions.len() == 1 { conditions.pop() } else { Some(boolean(ExprKind::And(conditions))) };
        let joined = Relation::Join { kind, left: Box::new(left.relation), right: Box::new(right.relation), condition };
        let relation = Relation::Project { input: Box::new(joined), expressions };
        Ok(Source { relation, scope: Scope::within(scope, fields) })
    }

    fn using_column(&mut self, side: &Rc<Scope<'a>>, name: &'a Identifier, label: &str) -> Analysis<Field> {
        // Only the relation itself is asked, not what is around it.
        let parts = [name.value.as_str()];
        let mut matches = side.fields.iter().filter(|field| field.is_named(&parts));
        let Some(field) = matches.next() else {
            let message = format!("Column '{}' is missing from {label} side of join", name.value);
            return Err(fail_at(name.location, "COLUMN_NOT_FOUND", message));
        };
        if matches.next().is_some() {
            return Err(fail_at(name.location, "AMBIGUOUS_NAME", format!("Column '{}' is ambiguous", name.canonical())));
        }
        let resolved = Resolved { field: field.clone(), level: side.level, role: side.role, is_local: true };
        self.note_reference(&resolved, name.location, String::new);
        Ok(resolved.field)
    }

    fn join_unnest(
        &mut self,
        join: &'a Join,
        at: Location,
        left: Source<'a>,
        unnest: &'a Unnest,
        alias: Option<(&'a AliasedRelation, Location)>,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Source<'a>> {
        let mark = self.shared.references.len();
        let left_scope = Rc::clone(&left.scope);
        let aliased = |fields: &[Field]| match alias {
            Some((aliased, alias_at)) => alias_fields(fields, aliased, alias_at),
            None => Ok(fields.to_vec()),
        };
        if matches!(join.kind, WrittenJoin::Right | WrittenJoin::Full) {
            // These can't read the left side, so the right is a relation of its own.
            let one_row = Relation::Values { columns: Vec::new(), rows: vec![Vec::new()] };
            let unnested = self.unnest(unnest, one_row, &left_scope, scope, false)?;
            self.refuse_left_references(join, mark, &left_scope)?;
            self.check_on_true(join, at, "UNNEST")?;
            let right = Source { relation: unnested.relation, scope: Scope::within(scope, aliased(&unnested.scope.fields)?) };
            return self.join_sources(join, left, right, scope);
        }
        let unnested = self.unnest(unnest, left.relation, &left_scope, scope, join.kind == WrittenJoin::Left)?;
        self.check_on_true(join, at, "UNNEST")?;
        let right = aliased(&unnested.scope.fields)?;
        let fields = left_scope.fields.iter().cloned().chain(right).collect();
        Ok(Source { relation: unnested.relation, scope: Scope::within(scope, fields) })
    }

    fn join_lateral(
        &mut self,
        join: &'a Join,
        at: Location,
        left: Source<'a>,
        query: &'a owlake_syntax::trino::ast::Query,
        alias: Option<(&'a AliasedRelation, Location)>,
        scope: &Rc<Scope<'a>>,
    ) -> Analysis<Source<'a>> {
        let mark = self.shared.references.len();
        let left_scope = Rc::clone(&left.scope);
        let selects = std::mem::take(&mut self.selects);
        let result = self.in_frame(|analyzer| {
            let inner = analyzer.subquery_scope(&left_scope);
            analyzer.query(query, &inner, false)
        });
        self.selects = selects;
        let (output, outer) = result?;
        if matches!(join.kind, WrittenJoin::Right | WrittenJoin::Full) {
            self.refuse_left_references(join, mark, &left_scope)?;
        }
        if join.kind == WrittenJoin::Full {
            self.check_on_true_for(join, at, "FULL JOIN involving LATERAL relation is only supported with condition ON TRUE")?;
        }
        let right = source(output, scope);
        let right = match alias {
            Some((aliased, alias_at)) => {
                let fields = alias_fields(&right.scope.fields, aliased, alias_at)?;
                Source { relation: right.relation, scope: Scope::within(scope, fields) }
            }
            None => right,
        };
        let correlation: Vec<Column> = distinct_columns(&outer)
            .into_iter()
            .filter(|column| left_scope.fields.iter().any(|field| field.symbol == column.symbol))
            .collect();
        let joined = self.join_sources(join, left, right, scope)?;
        if matches!(join.kind, WrittenJoin::Right | WrittenJoin::Full) {
            return Ok(Source { relation: joined_per_row(joined.relation), scope: joined.scope });
        }
        if correlation.is_empty() {
            return Ok(joined);
        }
        Ok(match joined.relation {
            Relation::Join { kind, left, right, condition } => Source {
                relation: Relation::Lateral { kind, left, right, correlation, condition, location: query.location },
                scope: joined.scope,
            },
            Relation::Project { input, expressions } => match *input {
                Relation::Join { kind, left, right, condition } => {
                    let input = Box::new(Relation::Lateral { kind, left, right, correlation, condition, location: query.location });
                    Source { relation: Relation::Project { input, expressions }, scope: joined.scope }
                }
                other => Source { relation: Relation::Project { input: Box::new(other), expressions }, scope: joined.scope },
            },
            relation => Source { relation, scope: joined.scope },
        })
    }

    /// References to the left side made since `mark`. Errors: INVALID_COLUMN_REFERENCE at the first.
    fn refuse_left_references(&self, join: &Join, mark: usize, left: &Scope<'a>) -> Analysis<()> {
        let is_left = |symbol| left.fields.iter().any(|field| field.symbol == symbol);
        let Some(reference) = self.shared.references[mark..].iter().find(|reference| is_left(reference.column.symbol)) else {
            return Ok(());
        };
        let kind = if join.kind == WrittenJoin::Right { "RIGHT" } else { "FULL" };
        Err(fail_at(reference.location, "INVALID_COLUMN_REFERENCE", format!("LATERAL reference not allowed in {kind} JOIN")))
    }

    fn check_on_true(&self, join: &Join, at: Location, what: &str) -> Analysis<()> {
        let kind = match join.kind {
            WrittenJoin::Cross => "CROSS",
            WrittenJoin::Inner => "INNER",
            WrittenJoin::Left => "LEFT",
            WrittenJoin::Right => "RIGHT",
            WrittenJoin::Full => "FULL",
            WrittenJoin::Implicit => "IMPLICIT",
        };
        self.check_on_true_for(join, at, &format!("{kind} JOIN involving {what} is only supported with condition ON TRUE"))
    }

    fn check_on_true_for(&self, join: &Join, at: Location, message: &str) -> Analysis<()> {
        match &join.criteria {
            None | Some(JoinCriteria::On(Expression { kind: ExpressionKind::BooleanLiteral(true), .. })) => Ok(()),
            Some(JoinCriteria::On(expression)) => Err(unsupported(expression.location, message)),
            Some(JoinCriteria::Using(_) | JoinCriteria::Natural) => Err(unsupported(at, message)),
        }
    }

    /// UNNEST over `input`; names resolve in `names`, the scope given has the unnested columns alone.
    fn unnest(
        &mut self,
        unnest: &'a Unnest,
        input: Relation,
        names: &Rc<Scope<'a>>,
        scope: &Rc<Scope<'a>>,
        keeps_empty: bool,
    ) -> Analysis<Source<'a>> {
        let place = Place::plain(names);
        let mut items = Vec::with_capacity(unnest.expressions.len());
        let mut fields = Vec::new();
        for expression in &unnest.expressions {
            check_scalar(expression, "UNNEST")?;
            let expr = self.expression(expression, &place)?;
            let parts: Vec<(Option<Rc<str>>, TrinoType)> = match &expr.data_type {
                TrinoType::Array(element) => match element.as_ref() {
                    TrinoType::Row(row) => row.iter().map(|field| (field.name.as_deref().map(Rc::from), field.data_type.clone())).collect(),
                    other => vec![(None, other.clone())],
                },
                TrinoType::Map(key, value) => vec![(None, key.as_ref().clone()), (None, value.as_ref().clone())],
                other => {
                    let message = format!("Cannot unnest type: {other}");
                    return Err(fail_at(
                        unnest.expressions.first().map_or(expression.location, |first| first.location),
                        "INVALID_FUNCTION_ARGUMENT",
                        message,
                    ));
                }
            };
            let mut columns = Vec::with_capacity(parts.len());
            for (name, data_type) in parts {
                let column = self.fresh_column(&data_type);
                fields.push(Field { relation_alias: None, name, symbol: column.symbol, data_type, is_hidden: false });
                columns.push(column);
            }
            items.push(UnnestItem { expr, columns });
        }
        let ordinality = unnest.with_ordinality.then(|| self.fresh_column(&TrinoType::Bigint));
        if let Some(column) = &ordinality {
            fields.push(Field { relation_alias: None, name: None, symbol: column.symbol, data_type: TrinoType::Bigint, is_hidden: false });
        }
        let relation = Relation::Unnest { input: Box::new(input), items, ordinality, keeps_empty };
        Ok(Source { relation, scope: Scope::within(scope, fields) })
    }
}

fn source<'a>(output: Output, scope: &Rc<Scope<'a>>) -> Source<'a> {
    let fields = output.fields.into_iter().filter(|field| !field.is_hidden).collect();
    Source { relation: output.relation, scope: Scope::within(scope, fields) }
}

/// All fields under one table name.
fn aliased_fields(output: Output, alias: &[String]) -> Output {
    let alias: Rc<[String]> = alias.to_vec().into();
    let fields = output.fields.into_iter().map(|field| Field { relation_alias: Some(Rc::clone(&alias)), ..field }).collect();
    Output { relation: output.relation, fields }
}

/// The column names of a WITH query, where it has any; their number was checked at the definition.
fn renamed_fields(output: Output, names: Option<&[Identifier]>) -> Output {
    let Some(names) = names else { return output };
    let fields = output
        .fields
        .into_iter()
        .filter(|field| !field.is_hidden)
        .zip(names)
        .map(|(field, name)| Field { name: Some(name.value.as_str().into()), ..field })
        .collect();
    Output { relation: output.relation, fields }
}

/// `relation AS alias (a, b)`. Errors: MISMATCHED_COLUMN_ALIASES.
fn alias_fields(inner: &[Field], aliased: &AliasedRelation, at: Location) -> Analysis<Vec<Field>> {
    let alias: Rc<[String]> = vec![aliased.alias.canonical()].into();
    let Some(names) = &aliased.column_names else {
        return Ok(inner.iter().map(|field| Field { relation_alias: Some(Rc::clone(&alias)), ..field.clone() }).collect());
    };
    let visible: Vec<&Field> = inner.iter().filter(|field| !field.is_hidden).collect();
    if visible.len() != names.len() {
        let message =
            format!("Column alias list has {} entries but '{}' has {} columns available", names.len(), aliased.alias.value, visible.len());
        return Err(fail_at(at, "MISMATCHED_COLUMN_ALIASES", message));
    }
    Ok(visible
        .into_iter()
        .zip(names)
        .map(|(field, name)| Field { relation_alias: Some(Rc::clone(&alias)), name: Some(name.value.as_str().into()), ..field.clone() })
        .collect())
}

/// RIGHT and FULL JOIN with LATERAL as the reference computes them: joined to each row of the left by itself, so an empty left gives no rows
/// and a right row comes once for each left row, beside nulls where the condition does not hold.
fn joined_per_row(relation: Relation) -> Relation {
    match relation {
        Relation::Join { kind: JoinKind::Full, left, right, condition } => Relation::Join { kind: JoinKind::Left, left, right, condition },
        Relation::Join { kind: JoinKind::Right, left, right, condition: Some(condition) } => {
            let column = |column: &Column| Expr { kind: ExprKind::Column(column.symbol), data_type: column.data_type.clone() };
            let own = left.columns().into_iter().map(|own| {
                let branches = vec![(condition.clone(), column(&own))];
                let value = Expr { kind: ExprKind::Case { branches, otherwise: None }, data_type: own.data_type.clone() };
                (own, value)
            });
            let expressions = own.chain(right.columns().into_iter().map(|other| (other.clone(), column(&other)))).collect();
            Relation::Project { input: Box::new(Relation::Join { kind: JoinKind::Inner, left, right, condition: None }), expressions }
        }
        Relation::Project { input, expressions } => Relation::Project { input: Box::new(joined_per_row(*input)), expressions },
        other => other,
    }
}

fn join_kind(kind: WrittenJoin) -> JoinKind {
    match kind {
        WrittenJoin::Cross | WrittenJoin::Inner | WrittenJoin::Implicit => JoinKind::Inner,
        WrittenJoin::Left => JoinKind::Left,
        WrittenJoin::Right => JoinKind::Right,
        WrittenJoin::Full => JoinKind::Full,
    }
}

fn is_null_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => value.is_null(),
        ExprKind::Cast { input, .. } => is_null_constant(input),
        _ => false,
    }
}

fn constant_number(expression: &Expression) -> Option<f64> {
    match &expression.kind {
        ExpressionKind::LongLiteral(value) => Some(*value as f64),
        ExpressionKind::DoubleLiteral(value) => Some(*value),
        ExpressionKind::DecimalLiteral { value, .. } => value.parse().ok(),
        ExpressionKind::ArithmeticUnary { sign, value } => {
            constant_number(value).map(|value| if *sign == Sign::Minus { -value } else { value })
        }
        _ => None,
    }
}
