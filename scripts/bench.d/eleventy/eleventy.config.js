// Eleventy as its manual advises for speed: no templating inside Markdown, collections made once.
const PARIS = "Europe/Paris";
const forms = new Map();

/** A date in French, by a form made once. */
function inFrench(value, options) {
  const key = JSON.stringify(options);
  if (!forms.has(key)) forms.set(key, new Intl.DateTimeFormat("fr-FR", { timeZone: PARIS, ...options }));
  return forms.get(key).format(new Date(value));
}

const newestFirst = (one, other) => other.date - one.date || (other.url < one.url ? -1 : 1);

/** The pages of `albums` under each of the keys that `keysOf` gives, in order. */
function grouped(albums, keysOf) {
  const groups = new Map();
  for (const album of albums)
    for (const key of keysOf(album)) {
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(album);
    }
  return groups;
}

const asPages = (groups) =>
  [...groups].map(([cle, pages]) => {
    const [espace, reste] = cle.split("_");
    return { cle, reste, espace: espace === "centre" ? "" : espace, pages };
  });

export default function (config) {
  config.setInputDirectory("content");
  config.setIncludesDirectory("../templates");
  config.setDataDirectory("../data");
  config.setOutputDirectory("_site");
  config.addPassthroughCopy({ theme: "theme" });
  config.amendLibrary("md", (markdown) => markdown.set({ html: false, breaks: true }));
  const now = new Date();
  config.addPreprocessor("ended", "md", (data) => {
    if (data.expiryDate && new Date(data.expiryDate) <= now) return false;
  });

  let neighbours = new Map();
  let days = new Map();
  const albumsOf = (api) => api.getFilteredByTag("article").sort(newestFirst);
  config.addCollection("albums", (api) => {
    const albums = albumsOf(api);
    neighbours = new Map();
    days = grouped(albums, (album) => [`${album.data.espace}/${album.data.jour}`]);
    for (const inSpace of grouped(albums, (album) => [album.data.espace]).values())
      inSpace.forEach((album, at) =>
        neighbours.set(album.url, { apres: inSpace[at - 1], avant: inSpace[at + 1] }),
      );
    return albums;
  });
  config.addCollection("mois", (api) => asPages(grouped(albumsOf(api), (one) => one.data.mois)));
  config.addCollection("annees", (api) => asPages(grouped(albumsOf(api), (one) => one.data.annees)));
  config.addCollection("moments", (api) => asPages(grouped(albumsOf(api), (one) => one.data.moments)));
  const byStart = (one, other) => (one.data.debut < other.data.debut ? 1 : -1);
  config.addCollection("programmes", (api) => {
    const programmes = api.getFilteredByTag("programme").sort(byStart);
    for (const inSpace of grouped(programmes, (one) => [one.data.espace]).values())
      inSpace.forEach((one, at) =>
        neighbours.set(one.url, { apres: inSpace[at - 1], avant: inSpace[at + 1] }),
      );
    return programmes;
  });
  config.addCollection("programmes_annees", (api) =>
    asPages(grouped(api.getFilteredByTag("programme").sort(byStart), (one) => one.data.programmes_annees)),
  );

  config.addFilter("voisins", (url) => neighbours.get(url) ?? {});
  config.addFilter("albums_du_jour", (day, space) => (days.get(`${space}/${day}`) ?? []).slice(0, 2));
  config.addFilter("vus_dans", (pages, space) =>
    pages.filter((one) => one.data.espace === "" || one.data.espace === space),
  );
  config.addFilter("propres_a", (pages, space) => pages.filter((one) => one.data.espace === space));
  config.addFilter("de_l_espace", (groups, space) => groups.filter((one) => one.espace === space));
  config.addFilter("de_l_annee", (pages, year) => pages.filter((one) => one.data.annee === year));
  config.addFilter("par_jour", (pages) => [...pages].sort((a, b) => (a.data.jour < b.data.jour ? -1 : 1)));
  config.addFilter("par_mois", (pages) => [...grouped(pages, (one) => one.data.mois).values()].map((of) => of[0]));
  config.addFilter("par_annee", (pages) => [...grouped(pages, (one) => [one.data.annee]).keys()]);
  config.addFilter("debut", (pages, count, from = 0) => pages.slice(from, from + count));
  config.addFilter("majuscule", (text) => text.charAt(0).toUpperCase() + text.slice(1));
  config.addFilter("jour_entier", (day) => inFrench(day, { day: "numeric", month: "long", year: "numeric" }));
  config.addFilter("jour_long", (day) => inFrench(day, { weekday: "long", day: "numeric", month: "long" }));
  config.addFilter("jour_court", (day) => inFrench(day, { day: "numeric", month: "long" }));
  config.addFilter("jour_semaine", (day) => inFrench(day, { weekday: "long" }));
  config.addFilter("quantieme", (day) => Number(day.slice(8)));
  config.addFilter("nom_du_mois", (day) => inFrench(day, { month: "long", year: "numeric" }));
  config.addFilter("instant", (date) => new Date(date).toISOString());
  return { markdownTemplateEngine: false, htmlTemplateEngine: "njk" };
}
