"""The passwords that everybody tries first, in lower case.

Those of twelve characters or more as they are, and the words that others are made of by adding
digits and signs (`motdepasse` for « Motdepasse2026! »): a password is compared whole, then by its
letters alone.
"""

_WHOLE = """
012345678901 012345678910 0123456789ab 101010101010 111122223333 112233445566 121212121212
123123123123 123412341234 1234567890ab 123456789012 1234567890123 12345678901234 123456789abc
123456789azerty 123456789qwerty 1234567891011 123456789987654321 1234azerty1234 1234qwer1234
123azerty123 123azerty456 123qwe123qwe 147258369147 159753159753 1a2b3c4d5e6f 1az2er3ty4ui
1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qazxsw23edc 20262026202620 246813579246 321321321321
741852963741 789456123789 987654321987 987654321000 a1b2c3d4e5f6 a1z2e3r4t5y6 abc123abc123
abcd1234abcd abcd12345678 abcdef123456 azer1234azer aze123aze123 azerty123456 azerty1234567
azerty12345678 azerty123456789 q1w2e3r4t5y6 qwerty123456 qwerty12345678 qwertyuiop12
qwertyuiop123 zaq12wsxcde3 000000000000 0987654321098
"""
_LETTERS = """
abcdef abcdefgh abcdefghijkl abcdefghijklm abcdefghijklmnop accueil accueildeloisirs admin
administrateur administration administrator anniversaire animateur animatrice animation animations
aqwzsx aqwzsxedc assistance association atelier azer azert azerty azertyazerty azertyu azertyui
azertyuiop azertyuiopq azertyuiopqs azertyuiopqsdf azertyuiopqsdfghjklm azqswx bienvenue bisous
bonjour bonjourbonjour bonjourlesenfants bonjourtoutlemonde bonsoir centre centreaere
centredeloisir centredeloisirs changeme changemenow changezmoi chocolat clae colonie confidentiel
connexion coucou coucoucoucou defaultpassword directeur direction directrice doudou doudoudoudou
ecole ecolematernelle ecoleprimaire elementaire enfance enfants france francefrance garderie
guest iloveyou iloveyouforever iloveyousomuch invite jesuislameilleure jetaime jetaimejetaime
jetaimemonamour jetaimetrop jeunesse jtmjtm letmein letmeinplease loisir loisirs loulou
loulouloulou mairie mairiedeparis maison maternelle mdp moncompte monmotdepasse monamour motdepasse
motdepasseadmin motdepassemotdepasse motdepasseoublie mercredi marseille musique nouveaumotdepasse
olympiquedemarseille ordinateur parisparis parissaintgermain pass passe passpass passpasspass
passe passepartout passord passphrase passw passwd password passwordpassword passwort periscolaire
petitsmoyensgrands poiuytreza poiuytrezaaz portail preau preaupreau printemps qsdfghjklm
qwert qwerty qwertyqwerty qwertyu qwertyui qwertyuiop qwertyuiopas qwertyuiopasdf root rootroot
saintgermain secret secretsecret securite service servicejeunesse soleil soleilsoleil superman
supermotdepasse temporaire test testtest testtesttest tousensemble toulouse toussaint user
utilisateur vacances vacancesdete vacancesdhiver vivelavie vivelesvacances vivelesenfants
welcome wxcvbn wxcvbnazerty zxcvbn zxcvbnm
"""

COMMONEST = frozenset((*_WHOLE.split(), *_LETTERS.split()))
"""About 250: enough to stop a guess by hand. Guessing by machine is stopped by counting tries."""
