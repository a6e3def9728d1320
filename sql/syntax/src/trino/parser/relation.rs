//! How is `FROM` read? Joins, samples, aliases and the relations themselves.
//!
//! Ref: Trino 401 grammar rules `relation`, `sampledRelation`, `aliasedRelation`, `relationPrimary`.

use super::cursor::{JOINS_MAX, Parsed, Parser};
use crate::location::Location;
use crate::trino::ast::{
    AliasedRelation, Join, JoinCriteria, JoinKind, QueryPeriod, QueryPeriodKind, Relation, RelationKind, SampleKind, SampledRelation,
    Unnest,
};

impl Parser<'_> {
    /// Reads `a, b, c`; a comma is an implicit cross join at the place of the `SELECT`.
    pub fn from(&mut self, select_location: Location) -> Parsed<Relation> {
        let start = self.start();
        let mut left = self.relation()?;
        let mut count = 0;
        while self.accept(",") {
            self.check_depth(count, JOINS_MAX)?;
            count += 1;
            let right = self.relation()?;
            let join = Join { kind: JoinKind::Implicit, left, right, criteria: None };
            left = self.finish_relation(RelationKind::Join(Box::new(join)), select_location, start);
        }
        Ok(left)
    }

    /// Reads a relation with the joins after it.
    pub fn relation(&mut self) -> Parsed<Relation> {
        self.nested(|parser| {
            let (location, start) = (parser.location(), parser.start());
            let mut left = parser.sampled_relation()?;
            let mut count = 0;
            while parser.is_join() {
                parser.check_depth(count, JOINS_MAX)?;
                count += 1;
                let join = parser.join(left)?;
                left = parser.finish_relation(RelationKind::Join(Box::new(join)), location, start);
            }
            Ok(left)
        })
    }

    fn is_join(&self) -> bool {
        matches!(self.token().word, "JOIN" | "CROSS" | "NATURAL" | "INNER" | "LEFT" | "RIGHT" | "FULL")
    }

    /// Reads one join and its right side.
    fn join(&mut self, left: Relation) -> Parsed<Join> {
        if self.accept("CROSS") {
            self.expect("JOIN")?;
            let right = self.sampled_relation()?;
            return Ok(Join { kind: JoinKind::Cross, left, right, criteria: None });
        }
        if self.accept("NATURAL") {
            let kind = self.join_kind();
            self.expect("JOIN")?;
            let right = self.sampled_relation()?;
            return Ok(Join { kind, left, right, criteria: Some(JoinCriteria::Natural) });
        }
        let kind = self.join_kind();
        self.expect("JOIN")?;
        let right = self.relation()?;
        let criteria = if self.accept("ON") {
            JoinCriteria::On(self.expression()?)
        } else {
            self.expect("USING")?;
            JoinCriteria::Using(self.column_aliases()?)
        };
        Ok(Join { kind, left, right, criteria: Some(criteria) })
    }

    /// Reads `[INNER | LEFT [OUTER] | RIGHT [OUTER] | FULL [OUTER]]`.
    fn join_kind(&mut self) -> JoinKind {
        let kind = match self.token().word {
            "INNER" => {
                self.advance();
                return JoinKind::Inner;
            }
            "LEFT" => JoinKind::Left,
            "RIGHT" => JoinKind::Right,
            "FULL" => JoinKind::Full,
            _ => return JoinKind::Inner,
        };
        self.advance();
        self.accept("OUTER");
        kind
    }

    fn sampled_relation(&mut self) -> Parsed<Relation> {
        let (location, start) = (self.location(), self.start());
        let relation = self.pattern_recognition()?;
        if !self.accept("TABLESAMPLE") {
            return Ok(relation);
        }
        let kind = if self.accept("BERNOULLI") {
            SampleKind::Bernoulli
        } else {
            self.expect("SYSTEM")?;
            SampleKind::System
        };
        self.expect("(")?;
        let percentage = self.expression()?;
        self.expect(")")?;
        let sampled = SampledRelation { relation, kind, percentage };
        Ok(self.finish_relation(RelationKind::Sampled(Box::new(sampled)), location, start))
    }

    /// Reads a relation and its alias.
    pub fn aliased_relation(&mut self) -> Parsed<Relation> {
        let (location, start) = (self.location(), self.start());
        let relation = self.relation_primary()?;
        self.aliased(relation, location, start)
    }

    /// Reads `[[AS] alias [(columns)]]` after `relation`.
    pub fn aliased(&mut self, relation: Relation, location: Location, start: usize) -> Parsed<Relation> {
        let Some(alias) = self.alias()? else {
            return Ok(relation);
        };
        let column_names = if self.is("(") { Some(self.column_aliases()?) } else { None };
        let aliased = AliasedRelation { relation, alias, column_names };
        Ok(self.finish_relation(RelationKind::Aliased(Box::new(aliased)), location, start))
    }

    fn relation_primary(&mut self) -> Parsed<Relation> {
        let (location, start) = (self.location(), self.start());
        let kind = match self.token().word {
            "(" if self.is_query_at(self.at) => {
                self.advance();
                let query = self.query()?;
                self.expect(")")?;
                RelationKind::Subquery(Box::new(query))
            }
            "(" => {
                self.advance();
                let relation = self.relation()?;
                self.expect(")")?;
                return Ok(relation);
            }
            "UNNEST" => {
                self.advance();
                let expressions = self.parenthesized(Self::expression)?;
                let with_ordinality = self.accept("WITH");
                if with_ordinality {
                    self.expect("ORDINALITY")?;
                }
                RelationKind::Unnest(Unnest { expressions, with_ordinality })
            }
            "LATERAL" if self.ahead(1).is("(") => {
                self.at += 2;
                let query = self.query()?;
                self.expect(")")?;
                RelationKind::Lateral(Box::new(query))
            }
            "TABLE" => self.table_function()?,
            _ => {
                let name = self.qualified_name()?;
                let period = if self.is("FOR") { Some(Box::new(self.query_period()?)) } else { None };
                RelationKind::Table { name, period }
            }
        };
        Ok(self.finish_relation(kind, location, start))
    }

    fn query_period(&mut self) -> Parsed<QueryPeriod> {
        let location = self.location();
        self.expect("FOR")?;
        let kind = if self.accept("VERSION") {
            QueryPeriodKind::Version
        } else {
            self.expect("TIMESTAMP")?;
            QueryPeriodKind::Timestamp
        };
        self.expect_sequence(&["AS", "OF"])?;
        let end = self.value_expression()?;
        Ok(QueryPeriod { kind, end, location })
    }

    /// Reads `TABLE(name(…))`. The arguments are read, not kept: the engine refuses the call by its name.
    fn table_function(&mut self) -> Parsed<RelationKind> {
        self.expect_sequence(&["TABLE", "("])?;
        let name = self.qualified_name()?;
        self.expect("(")?;
        if !self.is(")") && !self.is("COPARTITION") {
            self.comma_separated(Self::table_function_argument)?;
        }
        if self.accept("COPARTITION") {
            self.comma_separated(|parser| parser.parenthesized(Self::qualified_name))?;
        }
        self.expect(")")?;
        self.expect(")")?;
        Ok(RelationKind::TableFunction(name))
    }

    fn table_function_argument(&mut self) -> Parsed<()> {
        if self.token().is_identifier() && self.ahead(1).is("=>") {
            self.at += 2;
        }
        if self.is("TABLE") {
            return self.table_argument();
        }
        if self.is("DESCRIPTOR") && self.ahead(1).is("(") {
            self.advance();
            self.parenthesized(|parser| {
                parser.identifier()?;
                if !matches!(parser.token().word, "," | ")") {
                    parser.data_type()?;
                }
                Ok(())
            })?;
            return Ok(());
        }
        if self.is("CAST") && self.is_sequence(&["CAST", "(", "NULL", "AS", "DESCRIPTOR", ")"]) {
            self.at += 6;
            return Ok(());
        }
        self.expression().map(drop)
    }

    /// Reads `TABLE(name or query) [alias] [PARTITION BY …] [PRUNE|KEEP WHEN EMPTY] [ORDER BY …]`.
    fn table_argument(&mut self) -> Parsed<()> {
        let open = self.at + 1;
        self.expect_sequence(&["TABLE", "("])?;
        if self.is_query_at(open) {
            self.query()?;
        } else {
            self.qualified_name()?;
        }
        self.expect(")")?;
        let is_clause =
            matches!((self.token().word, self.ahead(1).word), ("PARTITION", "BY") | ("PRUNE" | "KEEP", "WHEN") | ("COPARTITION", "("));
        if !is_clause && self.alias()?.is_some() && self.is("(") {
            self.column_aliases()?;
        }
        if self.accept_sequence(&["PARTITION", "BY"]) {
            if self.accept_sequence(&["(", ")"]) {
            } else if self.is("(") {
                self.parenthesized(Self::expression)?;
            } else {
                self.expression()?;
            }
        }
        if matches!(self.token().word, "PRUNE" | "KEEP") {
            self.advance();
            self.expect_sequence(&["WHEN", "EMPTY"])?;
        }
        if self.is_sequence(&["ORDER", "BY", "("]) {
            self.at += 2;
            self.expect("(")?;
            self.comma_separated(Self::sort_item)?;
            self.expect(")")?;
        } else if self.accept("ORDER") {
            // One item only: a comma after it begins the next argument.
            self.expect("BY")?;
            self.sort_item()?;
        }
        Ok(())
    }

    /// A finished relation whose text began at `start`.
    pub fn finish_relation(&self, kind: RelationKind, location: Location, start: usize) -> Relation {
        Relation { kind, location, span: self.span_from(start) }
    }
}
