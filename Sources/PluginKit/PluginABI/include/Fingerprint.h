// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "322f643ae4aa5928d0d1034d81760a1fefbce36689d1f41f70b6ed3e87323015"
