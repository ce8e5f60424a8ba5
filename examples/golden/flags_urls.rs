//! URLs, and where redirects lead.

use examples::http::{HttpError, Limits, Redirects, Result};

use crate::flags_parser::parse;

/// Follows redirects from a URL, each time to a location.
fn follow(url: &str, locations: &[&str]) -> Result<String> {
    let mut redirects = Redirects::new(url, 3)?;
    for location in locations {
        let response = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n");
        let (head, ..) = parse("GET", response.as_bytes(), 9999, Limits::default())?;
        assert!(redirects.follow(&head)?);
    }
    Ok(redirects.url().to_string())
}

#[test]
fn redirects_lead_somewhere_else() {
    let url = "http://example.com/a/b.gif";
    for (location, expected) in [
        ("c.gif", "http://example.com/a/c.gif"),
        ("/c.gif", "http://example.com/c.gif"),
        ("../c.gif?x=1", "http://example.com/c.gif?x=1"),
        ("//other.org:81/c.gif", "http://other.org:81/c.gif"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ] {
        assert_eq!(follow(url, &[location]).unwrap(), expected);
    }
    let message = |locations: &[&str]| follow(url, locations).unwrap_err().to_string();
    assert!(message(&["b.gif"]).starts_with("redirected in a circle"));
    assert!(message(&["b.gif#fragment"]).starts_with("redirected in a circle"));
    assert!(message(&["c", "d", "c"]).starts_with("redirected in a circle"));
    assert_eq!(message(&["c", "d", "e", "f"]), "more than 3 redirects");
    assert!(message(&["https://example.com/"]).contains("only http is supported"));
    assert!(message(&["http://"]).contains("bad URL 'http://': empty host"));
}

#[test]
fn bad_urls_are_named() {
    for (url, why) in [
        ("", "relative URL without a base"),
        ("example.com", "relative URL without a base"),
        ("http://", "empty host"),
        ("http://a b/", "invalid"),
        ("http://a:99999/", "invalid port number"),
        ("http://a:0/", "there is no port 0"),
        ("http://[::1/", "invalid IPv6 address"),
        ("ftp://example.com/", "only http is supported, not ftp"),
        (
            "http://user:word@example.com/",
            "passwords are not supported",
        ),
    ] {
        let error = Redirects::new(url, 0).unwrap_err();
        assert!(matches!(error, HttpError::BadUrl { .. }), "{error:?}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
}
