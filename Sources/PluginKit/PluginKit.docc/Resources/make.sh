romashka plugin new Sample
cd Sample
