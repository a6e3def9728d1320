"""Does Terraform's AWS provider, unmodified, make, read back, change and destroy what it manages of Athena?"""

import glob
import os
import pathlib
import shutil
import subprocess

import pytest

CONFIGURATION = pathlib.Path(__file__).parent / "terraform" / "main.tf"
# Where a provider mirror usually lies; Terraform's own registry is asked when there is none.
MIRRORS = ["~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/*"]


def provider_mirror():
    for place in MIRRORS:
        for folder in glob.glob(os.path.expanduser(place)):
            if glob.glob(f"{folder}/registry.terraform.io/hashicorp/aws/*"):
                return folder
    return None


@pytest.fixture(scope="module")
def terraform(server, tmp_path_factory):
    program = shutil.which("terraform")
    mirror = provider_mirror()
    if not program or not mirror:
        pytest.skip("Terraform and a local mirror of its AWS provider are not installed here")
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copy(CONFIGURATION, folder)
    settings = folder / "settings.tfrc"
    settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n', encoding="utf-8")
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "TF_VAR_endpoint": server.endpoint, "CHECKPOINT_DISABLE": "1"}
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        environment.pop(name, None)

    def run(*arguments, expected=0):
        done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == expected, f"terraform {' '.join(arguments)}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    run("init", "-no-color", "-input=false")
    return run


def test_everything_is_made_read_back_changed_and_destroyed(terraform, server):
    apply = ("apply", "-no-color", "-input=false", "-auto-approve")
    plan = ("plan", "-no-color", "-input=false", "-detailed-exitcode")
    assert "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." in terraform(*apply)

    athena, glue = server.client("athena"), server.client("glue")
    group = athena.get_work_group(WorkGroup="analysts")["WorkGroup"]
    assert group["Description"] == "made by Terraform"
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is True
    assert group["Configuration"]["BytesScannedCutoffPerQuery"] == 1073741824
    assert group["Configuration"]["ResultConfiguration"]["OutputLocation"] == "s3://terraform-results/out/"
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/analysts"
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "data"}]
    assert athena.get_prepared_statement(StatementName="by_day", WorkGroup="analysts")["PreparedStatement"]["QueryStatement"] == "SELECT ? AS day"
    named = athena.list_named_queries(WorkGroup="analysts")["NamedQueryIds"]
    query = athena.get_named_query(NamedQueryId=named[0])["NamedQuery"]
    assert (query["Name"], query["Database"], query["QueryString"]) == ("daily", "terraform_lake", "SELECT count(*) FROM t")
    assert athena.get_data_catalog(Name="other-glue")["DataCatalog"]["Type"] == "GLUE"
    assert glue.get_table(DatabaseName="terraform_lake", Name="t")["Table"]["PartitionKeys"] == [{"Name": "p", "Type": "string", "Comment": ""}]

    # Exit code 0 says that the provider reads back just what it wrote; 2 would name a difference.
    terraform(*plan)
    terraform(*plan, "-var=description=changed", expected=2)
    assert "0 added, 1 changed, 0 destroyed" in terraform(*apply, "-var=description=changed")
    assert athena.get_work_group(WorkGroup="analysts")["WorkGroup"]["Description"] == "changed"

    assert "Destroy complete! Resources: 7 destroyed." in terraform("destroy", "-no-color", "-input=false", "-auto-approve")
    assert "analysts" not in [group["Name"] for group in athena.list_work_groups()["WorkGroups"]]
    assert "terraform_lake" not in [database["Name"] for database in glue.get_databases()["DatabaseList"]]
    assert "terraform-results" not in [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]]
    assert "other-glue" not in [catalog["CatalogName"] for catalog in athena.list_data_catalogs()["DataCatalogsSummary"]]
