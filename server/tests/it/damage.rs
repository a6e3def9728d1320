//! What does damage of the data folder cost? The table it befell, with an error that names the file; never the server.
//!
//! basis: inferred: a file that cannot be read is named, everything else stays usable.

use serde_json::json;

use crate::process::{Process, call};

fn made(endpoint: &str) {
    for database in ["d", "e"] {
        assert_eq!(call(endpoint, "AWSGlue.CreateDatabase", &json!({ "DatabaseInput": { "Name": database } }).to_string()).unwrap().0, 200);
        for table in ["good", "bad"] {
            let request = json!({ "DatabaseName": database, "TableInput": { "Name": table } });
            assert_eq!(call(endpoint, "AWSGlue.CreateTable", &request.to_string()).unwrap().0, 200);
        }
    }
}

fn table(endpoint: &str, database: &str, name: &str) -> (u16, String) {
    call(endpoint, "AWSGlue.GetTable", &json!({ "DatabaseName": database, "Name": name }).to_string()).unwrap()
}

#[test]
fn a_damaged_file_is_named_and_the_rest_stays_usable() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let server = Process::start(&data_dir);
    made(&server.endpoint);
    drop(server);
    let bad = data_dir.join("catalog/d/bad.json");
    std::fs::write(&bad, "{\"half").unwrap();
    std::fs::write(data_dir.join("catalog/e/_database.json"), "").unwrap();
    let server = Process::start(&data_dir);
    let (status, text) = table(&server.endpoint, "d", "bad");
    assert_eq!(status, 500);
    assert!(text.contains("catalog/d/bad.json") && text.contains("InternalServiceException"), "{text}");
    assert_eq!(table(&server.endpoint, "d", "good").0, 200);
    let (status, text) = call(&server.endpoint, "AWSGlue.GetDatabases", "{}").unwrap();
    assert!(status == 500 && text.contains("catalog/e/_database.json"), "{status} {text}");
}

#[test]
fn a_folder_that_cannot_be_used_ends_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let text = Process::try_start(&file).map(|_server| ()).unwrap_err();
    assert!(text.contains(&file.display().to_string()), "{text}");
    let text = Process::try_start(std::path::Path::new("/proc/owlake")).map(|_server| ()).unwrap_err();
    assert!(text.contains("/proc/owlake"), "{text}");
}
