// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "9128b487a557bb1b65ec7ce7439b174e646ee0e7b62c5457416689256615b15d"
