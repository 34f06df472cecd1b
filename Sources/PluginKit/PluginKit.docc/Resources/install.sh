cp -r ../Sample /srv/romashka/Plugins/Sample
romashka migrate
# Stop the server, if one runs, and start it again in a terminal of its own: it runs until Ctrl-C.
romashka serve
