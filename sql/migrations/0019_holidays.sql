-- The holidays the rules close on: what the rules' calendar_id names, by calendar.  Engineering material, not legal
-- advice.  Each calendar speaks of whole years; after its last one its countries' windows count as unreadable.

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Capodanno", "2026-01-06":"Epifania", "2026-04-05":"Pasqua", "2026-04-06":"Lunedi dell''Angelo",
           "2026-04-25":"Liberazione", "2026-05-01":"Festa del lavoro", "2026-06-02":"Festa della Repubblica",
           "2026-08-15":"Ferragosto", "2026-10-04":"San Francesco d''Assisi", "2026-11-01":"Ognissanti",
           "2026-12-08":"Immacolata", "2026-12-25":"Natale", "2026-12-26":"Santo Stefano", "2027-01-01":"Capodanno",
           "2027-01-06":"Epifania", "2027-03-28":"Pasqua", "2027-03-29":"Lunedi dell''Angelo", "2027-04-25":"Liberazione",
           "2027-05-01":"Festa del lavoro", "2027-06-02":"Festa della Repubblica", "2027-08-15":"Ferragosto",
           "2027-10-04":"San Francesco d''Assisi", "2027-11-01":"Ognissanti", "2027-12-08":"Immacolata",
           "2027-12-25":"Natale", "2027-12-26":"Santo Stefano", "2028-01-01":"Capodanno", "2028-01-06":"Epifania",
           "2028-04-16":"Pasqua", "2028-04-17":"Lunedi dell''Angelo", "2028-04-25":"Liberazione",
           "2028-05-01":"Festa del lavoro", "2028-06-02":"Festa della Repubblica", "2028-08-15":"Ferragosto",
           "2028-10-04":"San Francesco d''Assisi", "2028-11-01":"Ognissanti", "2028-12-08":"Immacolata",
           "2028-12-25":"Natale", "2028-12-26":"Santo Stefano"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'IT';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Jour de l''an", "2026-04-06":"Lundi de Paques", "2026-05-01":"Fete du travail",
           "2026-05-08":"Victoire 1945", "2026-05-14":"Ascension", "2026-05-25":"Lundi de Pentecote",
           "2026-07-14":"Fete nationale", "2026-08-15":"Assomption", "2026-11-01":"Toussaint", "2026-11-11":"Armistice",
           "2026-12-25":"Noel", "2027-01-01":"Jour de l''an", "2027-03-29":"Lundi de Paques",
           "2027-05-01":"Fete du travail", "2027-05-06":"Ascension", "2027-05-08":"Victoire 1945",
           "2027-05-17":"Lundi de Pentecote", "2027-07-14":"Fete nationale", "2027-08-15":"Assomption",
           "2027-11-01":"Toussaint", "2027-11-11":"Armistice", "2027-12-25":"Noel", "2028-01-01":"Jour de l''an",
           "2028-04-17":"Lundi de Paques", "2028-05-01":"Fete du travail", "2028-05-08":"Victoire 1945",
           "2028-05-25":"Ascension", "2028-06-05":"Lundi de Pentecote", "2028-07-14":"Fete nationale",
           "2028-08-15":"Assomption", "2028-11-01":"Toussaint", "2028-11-11":"Armistice", "2028-12-25":"Noel"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'FR';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Ano Nuevo", "2026-01-06":"Epifania", "2026-04-03":"Viernes Santo",
           "2026-05-01":"Fiesta del Trabajo", "2026-08-15":"Asuncion", "2026-10-12":"Fiesta Nacional",
           "2026-11-01":"Todos los Santos", "2026-12-06":"Constitucion", "2026-12-08":"Inmaculada", "2026-12-25":"Navidad",
           "2027-01-01":"Ano Nuevo", "2027-01-06":"Epifania", "2027-03-26":"Viernes Santo",
           "2027-05-01":"Fiesta del Trabajo", "2027-08-15":"Asuncion", "2027-10-12":"Fiesta Nacional",
           "2027-11-01":"Todos los Santos", "2027-12-06":"Constitucion", "2027-12-08":"Inmaculada", "2027-12-25":"Navidad",
           "2028-01-01":"Ano Nuevo", "2028-01-06":"Epifania", "2028-04-14":"Viernes Santo",
           "2028-05-01":"Fiesta del Trabajo", "2028-08-15":"Asuncion", "2028-10-12":"Fiesta Nacional",
           "2028-11-01":"Todos los Santos", "2028-12-06":"Constitucion", "2028-12-08":"Inmaculada", "2028-12-25":"Navidad"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'ES';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"New Year''s Day", "2026-01-19":"Martin Luther King Jr. Day",
           "2026-02-16":"Washington''s Birthday", "2026-05-25":"Memorial Day", "2026-06-19":"Juneteenth",
           "2026-07-03":"Independence Day (observed)", "2026-07-04":"Independence Day", "2026-09-07":"Labor Day",
           "2026-10-12":"Columbus Day", "2026-11-11":"Veterans Day", "2026-11-26":"Thanksgiving Day",
           "2026-12-25":"Christmas Day", "2027-01-01":"New Year''s Day", "2027-01-18":"Martin Luther King Jr. Day",
           "2027-02-15":"Washington''s Birthday", "2027-05-31":"Memorial Day", "2027-06-18":"Juneteenth (observed)",
           "2027-06-19":"Juneteenth", "2027-07-04":"Independence Day", "2027-07-05":"Independence Day (observed)",
           "2027-09-06":"Labor Day", "2027-10-11":"Columbus Day", "2027-11-11":"Veterans Day",
           "2027-11-25":"Thanksgiving Day", "2027-12-24":"Christmas Day (observed)", "2027-12-25":"Christmas Day",
           "2027-12-31":"New Year''s Day (observed)", "2028-01-01":"New Year''s Day",
           "2028-01-17":"Martin Luther King Jr. Day", "2028-02-21":"Washington''s Birthday", "2028-05-29":"Memorial Day",
           "2028-06-19":"Juneteenth", "2028-07-04":"Independence Day", "2028-09-04":"Labor Day",
           "2028-10-09":"Columbus Day", "2028-11-10":"Veterans Day (observed)", "2028-11-11":"Veterans Day",
           "2028-11-23":"Thanksgiving Day", "2028-12-25":"Christmas Day"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'US-FED';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"New Year''s Day", "2026-04-03":"Good Friday", "2026-05-18":"Victoria Day",
           "2026-07-01":"Canada Day", "2026-09-07":"Labour Day", "2026-10-12":"Thanksgiving", "2026-12-25":"Christmas Day",
           "2027-01-01":"New Year''s Day", "2027-03-26":"Good Friday", "2027-05-24":"Victoria Day",
           "2027-07-01":"Canada Day", "2027-09-06":"Labour Day", "2027-10-11":"Thanksgiving", "2027-12-25":"Christmas Day",
           "2028-01-01":"New Year''s Day", "2028-04-14":"Good Friday", "2028-05-22":"Victoria Day",
           "2028-07-01":"Canada Day", "2028-09-04":"Labour Day", "2028-10-09":"Thanksgiving", "2028-12-25":"Christmas Day"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'CA-NAT';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"New Year''s Day", "2026-01-26":"Australia Day", "2026-04-03":"Good Friday",
           "2026-04-06":"Easter Monday", "2026-04-25":"Anzac Day", "2026-12-25":"Christmas Day", "2026-12-26":"Boxing Day",
           "2026-12-28":"Boxing Day (additional day)", "2027-01-01":"New Year''s Day", "2027-01-26":"Australia Day",
           "2027-03-26":"Good Friday", "2027-03-29":"Easter Monday", "2027-04-25":"Anzac Day",
           "2027-12-25":"Christmas Day", "2027-12-26":"Boxing Day", "2027-12-27":"Christmas Day (additional day)",
           "2027-12-28":"Boxing Day (additional day)", "2028-01-01":"New Year''s Day",
           "2028-01-03":"New Year''s Day (additional day)", "2028-01-26":"Australia Day", "2028-04-14":"Good Friday",
           "2028-04-17":"Easter Monday", "2028-04-25":"Anzac Day", "2028-12-25":"Christmas Day", "2028-12-26":"Boxing Day"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'AU-NAT';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Neujahr", "2026-04-03":"Karfreitag", "2026-04-06":"Ostermontag", "2026-05-01":"Tag der Arbeit",
           "2026-05-14":"Himmelfahrt", "2026-05-25":"Pfingstmontag", "2026-10-03":"Tag der Deutschen Einheit",
           "2026-12-25":"Weihnachten", "2026-12-26":"2. Weihnachtstag", "2027-01-01":"Neujahr", "2027-03-26":"Karfreitag",
           "2027-03-29":"Ostermontag", "2027-05-01":"Tag der Arbeit", "2027-05-06":"Himmelfahrt",
           "2027-05-17":"Pfingstmontag", "2027-10-03":"Tag der Deutschen Einheit", "2027-12-25":"Weihnachten",
           "2027-12-26":"2. Weihnachtstag", "2028-01-01":"Neujahr", "2028-04-14":"Karfreitag", "2028-04-17":"Ostermontag",
           "2028-05-01":"Tag der Arbeit", "2028-05-25":"Himmelfahrt", "2028-06-05":"Pfingstmontag",
           "2028-10-03":"Tag der Deutschen Einheit", "2028-12-25":"Weihnachten", "2028-12-26":"2. Weihnachtstag"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'DE';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Neujahr", "2026-01-06":"Heilige Drei Koenige", "2026-04-06":"Ostermontag",
           "2026-05-01":"Staatsfeiertag", "2026-05-14":"Christi Himmelfahrt", "2026-05-25":"Pfingstmontag",
           "2026-06-04":"Fronleichnam", "2026-08-15":"Mariae Himmelfahrt", "2026-10-26":"Nationalfeiertag",
           "2026-11-01":"Allerheiligen", "2026-12-08":"Mariae Empfaengnis", "2026-12-25":"Christtag",
           "2026-12-26":"Stefanitag", "2027-01-01":"Neujahr", "2027-01-06":"Heilige Drei Koenige",
           "2027-03-29":"Ostermontag", "2027-05-01":"Staatsfeiertag", "2027-05-06":"Christi Himmelfahrt",
           "2027-05-17":"Pfingstmontag", "2027-05-27":"Fronleichnam", "2027-08-15":"Mariae Himmelfahrt",
           "2027-10-26":"Nationalfeiertag", "2027-11-01":"Allerheiligen", "2027-12-08":"Mariae Empfaengnis",
           "2027-12-25":"Christtag", "2027-12-26":"Stefanitag", "2028-01-01":"Neujahr",
           "2028-01-06":"Heilige Drei Koenige", "2028-04-17":"Ostermontag", "2028-05-01":"Staatsfeiertag",
           "2028-05-25":"Christi Himmelfahrt", "2028-06-05":"Pfingstmontag", "2028-06-15":"Fronleichnam",
           "2028-08-15":"Mariae Himmelfahrt", "2028-10-26":"Nationalfeiertag", "2028-11-01":"Allerheiligen",
           "2028-12-08":"Mariae Empfaengnis", "2028-12-25":"Christtag", "2028-12-26":"Stefanitag"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'AT';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Nouvel An", "2026-04-06":"Lundi de Paques", "2026-05-01":"Fete du Travail",
           "2026-05-14":"Ascension", "2026-05-25":"Lundi de Pentecote", "2026-07-21":"Fete nationale",
           "2026-08-15":"Assomption", "2026-11-01":"Toussaint", "2026-11-11":"Armistice", "2026-12-25":"Noel",
           "2027-01-01":"Nouvel An", "2027-03-29":"Lundi de Paques", "2027-05-01":"Fete du Travail",
           "2027-05-06":"Ascension", "2027-05-17":"Lundi de Pentecote", "2027-07-21":"Fete nationale",
           "2027-08-15":"Assomption", "2027-11-01":"Toussaint", "2027-11-11":"Armistice", "2027-12-25":"Noel",
           "2028-01-01":"Nouvel An", "2028-04-17":"Lundi de Paques", "2028-05-01":"Fete du Travail",
           "2028-05-25":"Ascension", "2028-06-05":"Lundi de Pentecote", "2028-07-21":"Fete nationale",
           "2028-08-15":"Assomption", "2028-11-01":"Toussaint", "2028-11-11":"Armistice", "2028-12-25":"Noel"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'BE';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Ano Novo", "2026-04-03":"Sexta-Feira Santa", "2026-04-05":"Pascoa", "2026-04-25":"Liberdade",
           "2026-05-01":"Trabalhador", "2026-06-04":"Corpo de Deus", "2026-06-10":"Dia de Portugal",
           "2026-08-15":"Assuncao", "2026-10-05":"Republica", "2026-11-01":"Todos os Santos", "2026-12-01":"Restauracao",
           "2026-12-08":"Imaculada", "2026-12-25":"Natal", "2027-01-01":"Ano Novo", "2027-03-26":"Sexta-Feira Santa",
           "2027-03-28":"Pascoa", "2027-04-25":"Liberdade", "2027-05-01":"Trabalhador", "2027-05-27":"Corpo de Deus",
           "2027-06-10":"Dia de Portugal", "2027-08-15":"Assuncao", "2027-10-05":"Republica",
           "2027-11-01":"Todos os Santos", "2027-12-01":"Restauracao", "2027-12-08":"Imaculada", "2027-12-25":"Natal",
           "2028-01-01":"Ano Novo", "2028-04-14":"Sexta-Feira Santa", "2028-04-16":"Pascoa", "2028-04-25":"Liberdade",
           "2028-05-01":"Trabalhador", "2028-06-10":"Dia de Portugal", "2028-06-15":"Corpo de Deus",
           "2028-08-15":"Assuncao", "2028-10-05":"Republica", "2028-11-01":"Todos os Santos", "2028-12-01":"Restauracao",
           "2028-12-08":"Imaculada", "2028-12-25":"Natal"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'PT';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Nowy Rok", "2026-01-06":"Trzech Kroli", "2026-04-05":"Wielkanoc",
           "2026-04-06":"Poniedzialek Wielkanocny", "2026-05-01":"Swieto Pracy", "2026-05-03":"Konstytucji 3 Maja",
           "2026-05-24":"Zielone Swiatki", "2026-06-04":"Boze Cialo", "2026-08-15":"Wniebowziecie",
           "2026-11-01":"Wszystkich Swietych", "2026-11-11":"Niepodleglosci", "2026-12-24":"Wigilia",
           "2026-12-25":"Boze Narodzenie", "2026-12-26":"Drugi dzien", "2027-01-01":"Nowy Rok",
           "2027-01-06":"Trzech Kroli", "2027-03-28":"Wielkanoc", "2027-03-29":"Poniedzialek Wielkanocny",
           "2027-05-01":"Swieto Pracy", "2027-05-03":"Konstytucji 3 Maja", "2027-05-16":"Zielone Swiatki",
           "2027-05-27":"Boze Cialo", "2027-08-15":"Wniebowziecie", "2027-11-01":"Wszystkich Swietych",
           "2027-11-11":"Niepodleglosci", "2027-12-24":"Wigilia", "2027-12-25":"Boze Narodzenie",
           "2027-12-26":"Drugi dzien", "2028-01-01":"Nowy Rok", "2028-01-06":"Trzech Kroli", "2028-04-16":"Wielkanoc",
           "2028-04-17":"Poniedzialek Wielkanocny", "2028-05-01":"Swieto Pracy", "2028-05-03":"Konstytucji 3 Maja",
           "2028-06-04":"Zielone Swiatki", "2028-06-15":"Boze Cialo", "2028-08-15":"Wniebowziecie",
           "2028-11-01":"Wszystkich Swietych", "2028-11-11":"Niepodleglosci", "2028-12-24":"Wigilia",
           "2028-12-25":"Boze Narodzenie", "2028-12-26":"Drugi dzien"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'PL';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Nieuwjaarsdag", "2026-04-05":"Pasen", "2026-04-06":"Tweede paasdag", "2026-04-27":"Koningsdag",
           "2026-05-14":"Hemelvaart", "2026-05-24":"Pinksteren", "2026-05-25":"Tweede pinksterdag", "2026-12-25":"Kerst",
           "2026-12-26":"Tweede kerstdag", "2027-01-01":"Nieuwjaarsdag", "2027-03-28":"Pasen",
           "2027-03-29":"Tweede paasdag", "2027-04-27":"Koningsdag", "2027-05-06":"Hemelvaart", "2027-05-16":"Pinksteren",
           "2027-05-17":"Tweede pinksterdag", "2027-12-25":"Kerst", "2027-12-26":"Tweede kerstdag",
           "2028-01-01":"Nieuwjaarsdag", "2028-04-16":"Pasen", "2028-04-17":"Tweede paasdag", "2028-04-27":"Koningsdag",
           "2028-05-25":"Hemelvaart", "2028-06-04":"Pinksteren", "2028-06-05":"Tweede pinksterdag", "2028-12-25":"Kerst",
           "2028-12-26":"Tweede kerstdag"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'NL';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Neujahr", "2026-05-14":"Auffahrt", "2026-08-01":"Bundesfeier", "2026-12-25":"Weihnachten",
           "2027-01-01":"Neujahr", "2027-05-06":"Auffahrt", "2027-08-01":"Bundesfeier", "2027-12-25":"Weihnachten",
           "2028-01-01":"Neujahr", "2028-05-25":"Auffahrt", "2028-08-01":"Bundesfeier", "2028-12-25":"Weihnachten"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'CH';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"New Year''s Day", "2026-04-03":"Good Friday", "2026-04-06":"Easter Monday (not Scotland)",
           "2026-12-25":"Christmas Day", "2026-12-26":"Boxing Day", "2027-01-01":"New Year''s Day",
           "2027-03-26":"Good Friday", "2027-03-29":"Easter Monday (not Scotland)", "2027-12-25":"Christmas Day",
           "2027-12-26":"Boxing Day", "2028-01-01":"New Year''s Day", "2028-04-14":"Good Friday",
           "2028-04-17":"Easter Monday (not Scotland)", "2028-12-25":"Christmas Day", "2028-12-26":"Boxing Day"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'GB';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"New Year''s Day", "2026-03-17":"St Patrick''s Day", "2026-04-06":"Easter Monday",
           "2026-12-25":"Christmas Day", "2026-12-26":"St Stephen''s Day", "2027-01-01":"New Year''s Day",
           "2027-03-17":"St Patrick''s Day", "2027-03-29":"Easter Monday", "2027-12-25":"Christmas Day",
           "2027-12-26":"St Stephen''s Day", "2028-01-01":"New Year''s Day", "2028-03-17":"St Patrick''s Day",
           "2028-04-17":"Easter Monday", "2028-12-25":"Christmas Day", "2028-12-26":"St Stephen''s Day"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'IE';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Confraternizacao", "2026-04-03":"Sexta-feira Santa", "2026-04-21":"Tiradentes",
           "2026-05-01":"Trabalho", "2026-09-07":"Independencia", "2026-10-12":"Aparecida", "2026-11-02":"Finados",
           "2026-11-15":"Republica", "2026-11-20":"Consciencia Negra", "2026-12-25":"Natal",
           "2027-01-01":"Confraternizacao", "2027-03-26":"Sexta-feira Santa", "2027-04-21":"Tiradentes",
           "2027-05-01":"Trabalho", "2027-09-07":"Independencia", "2027-10-12":"Aparecida", "2027-11-02":"Finados",
           "2027-11-15":"Republica", "2027-11-20":"Consciencia Negra", "2027-12-25":"Natal",
           "2028-01-01":"Confraternizacao", "2028-04-14":"Sexta-feira Santa", "2028-04-21":"Tiradentes",
           "2028-05-01":"Trabalho", "2028-09-07":"Independencia", "2028-10-12":"Aparecida", "2028-11-02":"Finados",
           "2028-11-15":"Republica", "2028-11-20":"Consciencia Negra", "2028-12-25":"Natal"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'BR';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-01":"Ano Nuevo", "2026-05-01":"Trabajo", "2026-09-16":"Independencia", "2026-12-25":"Navidad",
           "2027-01-01":"Ano Nuevo", "2027-05-01":"Trabajo", "2027-09-16":"Independencia", "2027-12-25":"Navidad",
           "2028-01-01":"Ano Nuevo", "2028-05-01":"Trabajo", "2028-09-16":"Independencia", "2028-12-25":"Navidad"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'MX';

UPDATE platform_country_rules SET updated_at = now(),
       extended = jsonb_set(extended, '{holidays,dates}',
           '{"2026-01-26":"Republic Day", "2026-08-15":"Independence Day", "2026-10-02":"Gandhi Jayanti",
           "2027-01-26":"Republic Day", "2027-08-15":"Independence Day", "2027-10-02":"Gandhi Jayanti",
           "2028-01-26":"Republic Day", "2028-08-15":"Independence Day", "2028-10-02":"Gandhi Jayanti"}')
 WHERE extended -> 'holidays' ->> 'calendar_id' = 'IN';
