"""Drives certbot's DNS plugins, as Debian has them, as certbot does: one JSON request a line, one answer a line.

{"certbot": "certbot_dns_x._internal.dns_x", "plugin": "x", "credentials": FILE or null, "action": "add" or "remove", "domain": D, "values": [...]}
{"lexicon": "x", "options": {...}, ...} is lexicon's provider x under the base class of certbot's plugins that use lexicon.
The answer is {} or {"error": TEXT}.
"""
import argparse
import importlib
import json
import os
import sys

from certbot import configuration
from certbot._internal.display import obj as display_obj
from certbot.plugins import common, dns_common_lexicon

# What certbot has for `-n`: it waits for nobody.
display_obj.set_display(display_obj.NoninteractiveDisplay(open(os.devnull, 'w')))


class Value:
    """What certbot hands to a plugin for each name."""

    def __init__(self, domain, value):
        self.domain = domain
        self.value = value
        self.account_key = None

    def validation_domain_name(self, domain):
        return '_acme-challenge.' + domain

    def validation(self, key):
        return self.value

    def response(self, key):
        return None


class Lexicon(dns_common_lexicon.LexiconClient):
    def __init__(self, name, options):
        super().__init__()
        config = dns_common_lexicon.build_lexicon_config(name, {'ttl': 600}, options)
        self.provider = importlib.import_module('lexicon.providers.' + name).Provider(config)

    def _handle_http_error(self, e, domain_name):
        # A name that is no zone: each of certbot's plugins knows its provider's way to say so.
        return None if e.response.status_code in (400, 404) else super()._handle_http_error(e, domain_name)


authenticators = {}


def authenticator(request):
    name = 'dns-' + request['plugin']
    if name not in authenticators:
        module = importlib.import_module(request['certbot'])
        config = argparse.Namespace(noninteractive_mode=True, config_dir='/nonexistent', work_dir='/nonexistent', logs_dir='/nonexistent',
                                    http01_port=80, https_port=443, domains=[], server='')
        parts = common.dest_namespace(name)
        setattr(config, parts + 'credentials', request['credentials'])
        setattr(config, parts + 'propagation_seconds', 0)
        authenticators[name] = module.Authenticator(configuration.NamespaceConfig(config), name)
        authenticators[name].prepare()
    return authenticators[name]


def run(request):
    domain = request['domain']
    if 'lexicon' in request:
        client = Lexicon(request['lexicon'], request['options'])
        for value in request['values']:
            step = client.add_txt_record if request['action'] == 'add' else client.del_txt_record
            step(domain, '_acme-challenge.' + domain, value)
        return
    values = [Value(domain, value) for value in request['values']]
    plugin = authenticator(request)
    if request['action'] == 'add':
        plugin.perform(values)
    else:
        plugin._attempt_cleanup = True
        plugin.cleanup(values)


for line in sys.stdin:
    try:
        run(json.loads(line))
        answer = {}
    except Exception as error:  # whatever it is, the test tells it
        answer = {'error': '%s: %s' % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
