//! Proof at start that the cryptographic library works.

use crate::{
    KeyError, OwnKey,
    compact::{self, Compact},
    key::{BadMaterial, VerifyingKey},
};

/// Verifies the published example of each algorithm (RFC 7515, appendices A.1 to A.3; RFC 8037,
/// appendix A.4), checks that each is refused once altered, and makes a key of its own. Called once
/// at start, so that a broken build or machine stops there and not at somebody's first token.
///
/// # Errors
///
/// Which algorithm failed.
pub fn assert_crypto() -> Result<(), KeyError> {
    for example in EXAMPLES {
        let fault = KeyError::Crypto(example.name);
        let Ok(key) = (example.key)() else { return Err(fault) };
        let Ok(Compact { signed, signature: Some(signature), .. }) = Compact::parse(example.token) else {
            return Err(fault);
        };
        let altered = format!("{signed}x");
        if !key.verifies(signed.as_bytes(), &signature) || key.verifies(altered.as_bytes(), &signature) {
            return Err(fault);
        }
    }
    OwnKey::generate().map(drop)
}

struct Example {
    name: &'static str,
    key: fn() -> Result<VerifyingKey, BadMaterial>,
    token: &'static str,
}

fn bytes(base64url: &str) -> Vec<u8> {
    compact::decode(base64url).unwrap_or_default()
}

const EXAMPLES: [Example; 4] = [
    Example {
        name: "HS256",
        key: || {
            VerifyingKey::secret(&bytes(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
            ))
        },
        token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    },
    Example {
        name: "RS256",
        key: || {
            let modulus = bytes(
                "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
                 T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
                 dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
                 GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            );
            VerifyingKey::rsa(&modulus, &bytes("AQAB"))
        },
        token: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc\
                19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF\
                5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt\
                QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO\
                YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    },
    Example {
        name: "ES256",
        key: || {
            VerifyingKey::p256(
                &bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                &bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
            )
        },
        token: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc\
                19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-K\
                g6NU1Q",
    },
    Example {
        name: "EdDSA",
        key: || VerifyingKey::ed25519(&bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")),
        token: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQ\
                R6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    },
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_verifies_the_published_examples() {
        super::assert_crypto().unwrap();
    }
}
