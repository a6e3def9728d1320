terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "endpoint" { type = string }
variable "description" {
  type    = string
  default = "made by Terraform"
}
provider "aws" {
  region                  = "us-east-1"
  access_key              = "123456789012"
  secret_key              = "secret"
  s3_use_path_style       = true
  skip_metadata_api_check = true
  endpoints {
    athena = var.endpoint
    glue   = var.endpoint
    s3     = var.endpoint
    sts    = var.endpoint
  }
}
resource "aws_s3_bucket" "results" {
  bucket        = "terraform-results"
  force_destroy = true
}
resource "aws_athena_workgroup" "analysts" {
  name          = "analysts"
  description   = var.description
  force_destroy = true
  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = 1073741824
    result_configuration {
      output_location = "s3://${aws_s3_bucket.results.bucket}/out/"
    }
  }
  tags = { team = "data" }
}
resource "aws_athena_database" "lake" {
  name          = "terraform_lake"
  bucket        = aws_s3_bucket.results.bucket
  comment       = "c"
  force_destroy = true
}
resource "aws_athena_named_query" "daily" {
  name        = "daily"
  description = "rows a day"
  workgroup   = aws_athena_workgroup.analysts.id
  database    = aws_athena_database.lake.name
  query       = "SELECT count(*) FROM t"
}
resource "aws_athena_prepared_statement" "by_day" {
  name            = "by_day"
  workgroup       = aws_athena_workgroup.analysts.name
  query_statement = "SELECT ? AS day"
}
resource "aws_athena_data_catalog" "glue" {
  name        = "other-glue"
  description = "another name of this catalog"
  type        = "GLUE"
  parameters  = { "catalog-id" = "123456789012" }
}
resource "aws_glue_catalog_table" "t" {
  name          = "t"
  database_name = aws_athena_database.lake.name
  table_type    = "EXTERNAL_TABLE"
  parameters    = { EXTERNAL = "TRUE" }
  partition_keys {
    name = "p"
    type = "string"
  }
  storage_descriptor {
    location      = "s3://${aws_s3_bucket.results.bucket}/t/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }
    columns {
      name = "a"
      type = "int"
    }
  }
}
output "named_query" { value = aws_athena_named_query.daily.id }
