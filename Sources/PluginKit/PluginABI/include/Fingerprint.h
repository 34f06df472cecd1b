// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "5643abab814320c4b511f573210c556e3fe0206976070de1ae193518c23415a8"
