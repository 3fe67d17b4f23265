# SPDX-License-Identifier: Apache-2.0
"""As much of a browser as signing in takes: cookies, redirects, and forms that are sent with the page's own origin."""
import html
import http.client
import re
import urllib.parse


class Browser:
    def __init__(self):
        self.cookies = {}
        self.page = None  # (address, status, headers, text)

    def ask(self, address, method="GET", body=None, headers=None):
        parts = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        sent = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none",
                **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, "")), body, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return address, answer.status, answer.headers, text

    def open(self, address, method="GET", body=None, headers=None):
        for _ in range(10):
            self.page = self.ask(address, method, body, headers)
            if self.page[1] not in (301, 302, 303, 307):
                return self.page
            address, method, body = urllib.parse.urljoin(address, self.page[2]["Location"]), "GET", None
        raise SystemExit(f"FAILED: redirects without an end: {address}")

    def sign_in(self, address, password):
        """Opens a page of a service's port, and comes back to it with a session there: what the ticket's page says."""
        self.open(address)
        self.send_form(password=password)
        return self.send_form()  # the ticket, which the page's script would send

    def send_form(self, **typed):
        address, _, _, text = self.page
        action = re.search(r'<form[^>]*action="([^"]*)"', text)
        if not action:
            raise SystemExit(f"FAILED: {address} has no form: {text[:2000]}")
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text))
        fields = {name: html.unescape(value) for name, value in fields.items()} | typed
        target = urllib.parse.urljoin(address, html.unescape(action.group(1)))
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(address))
        same = target.startswith(origin + "/")
        return self.open(target, "POST", urllib.parse.urlencode(fields),
                         {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded",
                          "Sec-Fetch-Site": "same-origin" if same else "same-site"})
