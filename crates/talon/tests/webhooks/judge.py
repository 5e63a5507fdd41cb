"""Judges a webhook as its receiver would: by the standard's text, with Python's own hmac."""
import base64, hashlib, hmac, json, sys

told = json.load(sys.stdin)
signed = f"{told['id']}.{told['timestamp']}.{told['body']}".encode()
good = []
for secret in told["secrets"]:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    good.append(any(hmac.compare_digest(expected, one) for one in told["signature"].split(" ")))
print(json.dumps(good))
