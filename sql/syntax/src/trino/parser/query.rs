//! How is a query read? `WITH`, set operations, ordering and limits.
//!
//! Ref: Trino 401 grammar rules `query`, `queryNoWith`, `queryTerm`, `queryPrimary`.

use super::cursor::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::location::Location;
use crate::trino::ast::{
    Limit, NamedQuery, NullOrdering, Offset, OrderBy, Query, QueryBody, QueryBodyKind, RowCount, SetOperator, SetQuantifier, SortItem, With,
};

impl Parser<'_> {
    /// Reads a query.
    pub fn query(&mut self) -> Parsed<Query> {
        self.nested(|parser| {
            let (location, start) = (parser.location(), parser.start());
            let with = if parser.is("WITH") { Some(parser.with()?) } else { None };
            let mut query = parser.query_no_with()?;
            if with.is_some() {
                query.with = with;
                query.location = location;
                query.span.start = start;
            }
            Ok(query)
        })
    }

    fn with(&mut self) -> Parsed<With> {
        let location = self.location();
        self.expect("WITH")?;
        let is_recursive = self.accept("RECURSIVE");
        let queries = self.comma_separated(|parser| {
            let location = parser.location();
            let name = parser.identifier()?;
            let column_names = if parser.is("(") { Some(parser.column_aliases()?) } else { None };
            parser.expect_sequence(&["AS", "("])?;
            let query = Box::new(parser.query()?);
            parser.expect(")")?;
            Ok(NamedQuery { name, column_names, query, location })
        })?;
        Ok(With { is_recursive, queries, location })
    }

    fn query_no_with(&mut self) -> Parsed<Query> {
        let (location, start) = (self.location(), self.start());
        let body = self.query_term()?;
        let order_by = self.order_by()?;
        let offset = self.offset()?;
        let limit = self.limit()?;
        Ok(Query { with: None, body, order_by, offset, limit, location, span: self.span_from(start) })
    }

    /// Reads `a UNION b EXCEPT c …`.
    fn query_term(&mut self) -> Parsed<QueryBody> {
        let start = self.start();
        let mut left = self.intersection()?;
        loop {
            let operator = match self.token().word {
                "UNION" => SetOperator::Union,
                "EXCEPT" => SetOperator::Except,
                _ => return Ok(left),
            };
            left = self.set_operation(start, left, operator, Self::intersection)?;
        }
    }

    /// Reads `a INTERSECT b …`, which binds tighter.
    fn intersection(&mut self) -> Parsed<QueryBody> {
        let start = self.start();
        let mut left = self.query_primary()?;
        while self.is("INTERSECT") {
            left = self.set_operation(start, left, SetOperator::Intersect, Self::query_primary)?;
        }
        Ok(left)
    }

    /// Reads one operator and the query after it, and joins them to `left`; a run of one operator stays one node.
    fn set_operation(
        &mut self,
        start: usize,
        left: QueryBody,
        operator: SetOperator,
        right: impl FnOnce(&mut Self) -> Parsed<QueryBody>,
    ) -> Parsed<QueryBody> {
        let location = self.location();
        self.advance();
        let quantifier = self.set_quantifier().unwrap_or(SetQuantifier::Distinct);
        let right = right(self)?;
        let (mut inputs, mut operator_locations) = match left.kind {
            QueryBodyKind::SetOperation { operator: previous, quantifier: previous_quantifier, inputs, operator_locations }
                if previous == operator && previous_quantifier == quantifier =>
            {
                (inputs, operator_locations)
            }
            kind => (vec![QueryBody { kind, ..left }], Vec::new()),
        };
        inputs.push(right);
        operator_locations.push(location);
        Ok(QueryBody {
            kind: QueryBodyKind::SetOperation { operator, quantifier, inputs, operator_locations },
            location,
            span: self.span_from(start),
        })
    }

    /// Reads `[ALL | DISTINCT]`.
    pub fn set_quantifier(&mut self) -> Option<SetQuantifier> {
        if self.accept("ALL") {
            Some(SetQuantifier::All)
        } else if self.accept("DISTINCT") {
            Some(SetQuantifier::Distinct)
        } else {
            None
        }
    }

    fn query_primary(&mut self) -> Parsed<QueryBody> {
        let (location, start) = (self.location(), self.start());
        let kind = match self.token().word {
            "SELECT" => QueryBodyKind::Select(Box::new(self.query_specification()?)),
            "TABLE" => {
                self.advance();
                QueryBodyKind::Table(self.qualified_name()?)
            }
            "VALUES" => {
                self.advance();
                QueryBodyKind::Values(self.comma_separated(Self::expression)?)
            }
            "(" => {
                self.advance();
                let query = self.nested(Self::query_no_with)?;
                self.expect(")")?;
                QueryBodyKind::Subquery(Box::new(query))
            }
            _ => return self.unexpected(),
        };
        Ok(QueryBody { kind, location, span: self.span_from(start) })
    }

    /// Reads `[ORDER BY …]`.
    pub fn order_by(&mut self) -> Parsed<Option<OrderBy>> {
        let location = self.location();
        if !self.accept("ORDER") {
            return Ok(None);
        }
        self.expect("BY")?;
        let items = self.comma_separated(Self::sort_item)?;
        Ok(Some(OrderBy { items, location }))
    }

    pub fn sort_item(&mut self) -> Parsed<SortItem> {
        let location = self.location();
        let expression = self.expression()?;
        let is_descending = self.accept("DESC");
        if !is_descending {
            self.accept("ASC");
        }
        let nulls = if !self.accept("NULLS") {
            NullOrdering::Undefined
        } else if self.accept("FIRST") {
            NullOrdering::First
        } else {
            self.expect("LAST")?;
            NullOrdering::Last
        };
        Ok(SortItem { expression, is_descending, nulls, location })
    }

    fn offset(&mut self) -> Parsed<Option<Offset>> {
        let location = self.location();
        if !self.accept("OFFSET") {
            return Ok(None);
        }
        let rows = self.row_count()?;
        if !self.accept("ROW") {
            self.accept("ROWS");
        }
        Ok(Some(Offset { rows, location }))
    }

    fn limit(&mut self) -> Parsed<Option<Limit>> {
        let location = self.location();
        if self.accept("LIMIT") {
            if self.accept("ALL") {
                return Ok(Some(Limit::All { location }));
            }
            return Ok(Some(Limit::Rows { rows: self.row_count()?, location }));
        }
        if !self.accept("FETCH") {
            return Ok(None);
        }
        self.either("FIRST", "NEXT")?;
        let rows = if self.is("ROW") || self.is("ROWS") { None } else { Some(self.row_count()?) };
        self.either("ROW", "ROWS")?;
        let with_ties = !self.accept("ONLY");
        if with_ties {
            self.expect_sequence(&["WITH", "TIES"])?;
        }
        Ok(Some(Limit::Fetch { rows, with_ties, location }))
    }

    fn either(&mut self, first: &str, second: &str) -> Parsed<()> {
        if self.accept(first) { Ok(()) } else { self.expect(second) }
    }

    fn row_count(&mut self) -> Parsed<RowCount> {
        let location: Location = self.location();
        if self.token().kind == TokenKind::Integer {
            return Ok(RowCount::Number(self.integer()?, location));
        }
        self.expect("?")?;
        self.parameter_count += 1;
        Ok(RowCount::Parameter(self.parameter_count - 1, location))
    }
}
