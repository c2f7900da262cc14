package routing

import "truckflow/internal/kit/geo"

// What stands in a truck's way, drawn by hand from general knowledge of the
// map, as latitude and longitude. A straight line must not cross a barrier; it
// bends at passages instead. The lines run a little on the far side of the
// shore or border, so that the towns on it stay reachable.
var barriers = []barrier{
	{"the Canadian border and the Great Lakes", true, []geo.Point{
		{Lat: 48.1, Lon: -124.8}, {Lat: 48.3, Lon: -123.2}, {Lat: 49.03, Lon: -123.3}, {Lat: 49.04, Lon: -95.2}, {Lat: 48.75, Lon: -94.6}, {Lat: 48.7, Lon: -93.3},
		{Lat: 48.15, Lon: -90.8}, {Lat: 48.05, Lon: -89.4}, {Lat: 47.25, Lon: -90.9}, {Lat: 46.8, Lon: -91.95}, {Lat: 47.05, Lon: -90.8}, {Lat: 46.95, Lon: -90.1},
		{Lat: 47.55, Lon: -88.4}, {Lat: 47.5, Lon: -87.6}, {Lat: 46.7, Lon: -87.2}, {Lat: 46.8, Lon: -85.1}, {Lat: 46.56, Lon: -84.35}, {Lat: 46.0, Lon: -83.4},
		{Lat: 45.85, Lon: -84.55}, {Lat: 45.8, Lon: -84.55}, {Lat: 45.5, Lon: -83.6}, {Lat: 45.05, Lon: -83.2}, {Lat: 44.3, Lon: -83.15}, {Lat: 44.15, Lon: -82.75},
		{Lat: 43.1, Lon: -82.35}, {Lat: 42.9, Lon: -82.4}, {Lat: 42.4, Lon: -82.7}, {Lat: 42.3, Lon: -82.95}, {Lat: 42.0, Lon: -83.05}, {Lat: 41.75, Lon: -83.3},
		{Lat: 41.62, Lon: -82.6}, {Lat: 41.65, Lon: -81.7}, {Lat: 42.05, Lon: -80.5}, {Lat: 42.3, Lon: -79.75}, {Lat: 42.8, Lon: -79.0}, {Lat: 43.38, Lon: -79.12},
		{Lat: 43.45, Lon: -77.6}, {Lat: 43.45, Lon: -76.6}, {Lat: 43.8, Lon: -76.4}, {Lat: 44.3, Lon: -76.3}, {Lat: 45.05, Lon: -74.8}, {Lat: 45.06, Lon: -71.5},
		{Lat: 45.4, Lon: -71.2}, {Lat: 45.45, Lon: -70.5}, {Lat: 46.5, Lon: -70.1}, {Lat: 47.5, Lon: -69.3}, {Lat: 47.4, Lon: -68.2}, {Lat: 47.15, Lon: -67.75},
		{Lat: 45.95, Lon: -67.72}, {Lat: 45.2, Lon: -67.2}, {Lat: 44.7, Lon: -66.8},
	}},
	{"Lake Michigan", false, []geo.Point{
		{Lat: 45.82, Lon: -84.88}, {Lat: 45.75, Lon: -85.9}, {Lat: 45.2, Lon: -86.3}, {Lat: 44.0, Lon: -86.95}, {Lat: 42.5, Lon: -87.2}, {Lat: 41.7, Lon: -87.3},
	}},
	{"the Gulf of Mexico", false, []geo.Point{
		{Lat: 25.8, Lon: -97.0}, {Lat: 27.6, Lon: -97.1}, {Lat: 28.6, Lon: -95.7}, {Lat: 29.2, Lon: -94.6}, {Lat: 29.5, Lon: -93.0}, {Lat: 29.3, Lon: -91.7},
		{Lat: 29.0, Lon: -90.8}, {Lat: 29.0, Lon: -89.0}, {Lat: 30.0, Lon: -88.8}, {Lat: 30.15, Lon: -87.6}, {Lat: 30.25, Lon: -86.4}, {Lat: 29.55, Lon: -85.3},
		{Lat: 29.95, Lon: -84.1}, {Lat: 29.0, Lon: -83.2}, {Lat: 27.7, Lon: -82.95}, {Lat: 26.4, Lon: -82.3}, {Lat: 25.7, Lon: -81.8}, {Lat: 25.1, Lon: -81.1}, {Lat: 25.2, Lon: -80.6},
	}},
	{"the Atlantic", false, []geo.Point{
		{Lat: 25.3, Lon: -80.15}, {Lat: 26.8, Lon: -79.95}, {Lat: 28.4, Lon: -80.45}, {Lat: 30.4, Lon: -81.3}, {Lat: 32.0, Lon: -80.7}, {Lat: 33.7, Lon: -78.7},
		{Lat: 33.8, Lon: -77.9}, {Lat: 35.1, Lon: -75.4}, {Lat: 36.9, Lon: -75.85}, {Lat: 38.4, Lon: -74.95}, {Lat: 38.85, Lon: -74.85}, {Lat: 39.6, Lon: -74.1}, {Lat: 40.45, Lon: -73.9},
		{Lat: 40.5, Lon: -73.6}, {Lat: 41.05, Lon: -71.75}, {Lat: 41.3, Lon: -71.4}, {Lat: 41.45, Lon: -69.8}, {Lat: 42.1, Lon: -69.95}, {Lat: 42.1, Lon: -70.3},
		{Lat: 41.85, Lon: -70.45}, {Lat: 42.3, Lon: -70.8}, {Lat: 42.7, Lon: -70.5}, {Lat: 43.6, Lon: -70.0}, {Lat: 44.0, Lon: -68.4}, {Lat: 44.7, Lon: -66.8},
	}},
	{"Long Island Sound", false, []geo.Point{{Lat: 40.83, Lon: -73.75}, {Lat: 41.1, Lon: -72.4}, {Lat: 41.2, Lon: -71.75}, {Lat: 41.05, Lon: -71.75}}},
	{"lower Chesapeake Bay", false, []geo.Point{{Lat: 37.15, Lon: -76.05}, {Lat: 38.0, Lon: -76.2}, {Lat: 38.92, Lon: -76.42}}},
	{"upper Chesapeake Bay", false, []geo.Point{{Lat: 39.05, Lon: -76.38}, {Lat: 39.5, Lon: -76.05}}},
	{"Delaware Bay", false, []geo.Point{{Lat: 38.85, Lon: -74.85}, {Lat: 39.2, Lon: -75.3}, {Lat: 39.55, Lon: -75.57}}},
	{"the Mexican border", false, []geo.Point{
		{Lat: 32.4, Lon: -117.3}, {Lat: 32.55, Lon: -115.5}, {Lat: 32.4, Lon: -114.85}, {Lat: 31.25, Lon: -111.1}, {Lat: 31.25, Lon: -108.25}, {Lat: 31.72, Lon: -108.15},
		{Lat: 31.72, Lon: -106.52}, {Lat: 30.9, Lon: -105.7}, {Lat: 29.5, Lon: -104.5}, {Lat: 28.9, Lon: -103.1}, {Lat: 29.6, Lon: -102.6}, {Lat: 29.65, Lon: -101.4},
		{Lat: 29.2, Lon: -101.0}, {Lat: 28.2, Lon: -100.45}, {Lat: 27.4, Lon: -99.7}, {Lat: 26.3, Lon: -99.15}, {Lat: 25.95, Lon: -98.2}, {Lat: 25.75, Lon: -97.3},
	}},
	{"the Sierra Nevada", false, []geo.Point{{Lat: 35.35, Lon: -118.35}, {Lat: 36.5, Lon: -118.35}, {Lat: 39.2, Lon: -120.25}}},
	{"the northern Sierra", false, []geo.Point{{Lat: 39.5, Lon: -120.45}, {Lat: 40.5, Lon: -121.4}, {Lat: 42.0, Lon: -122.1}, {Lat: 43.2, Lon: -122.1}}},
	{"the northern Cascades", false, []geo.Point{{Lat: 48.95, Lon: -121.3}, {Lat: 47.55, Lon: -121.4}}},
	{"the southern Washington Cascades", false, []geo.Point{{Lat: 47.25, Lon: -121.4}, {Lat: 45.8, Lon: -121.7}}},
	{"the Oregon Cascades", false, []geo.Point{{Lat: 45.55, Lon: -121.8}, {Lat: 44.45, Lon: -121.8}}},
	{"Puget Sound", false, []geo.Point{{Lat: 47.35, Lon: -122.53}, {Lat: 48.3, Lon: -122.55}, {Lat: 48.3, Lon: -123.2}}},
	{"the Salmon River wilderness", false, []geo.Point{{Lat: 44.0, Lon: -114.9}, {Lat: 45.5, Lon: -115.3}, {Lat: 46.6, Lon: -115.0}}},
	{"the Uinta mountains and the Roan plateau", false, []geo.Point{{Lat: 40.7, Lon: -111.2}, {Lat: 40.75, Lon: -109.3}, {Lat: 39.6, Lon: -109.0}}},
	{"the Rockies north of Interstate 70", false, []geo.Point{{Lat: 39.8, Lon: -106.1}, {Lat: 41.1, Lon: -106.5}}},
	{"the Rockies south of Interstate 70", false, []geo.Point{{Lat: 39.4, Lon: -106.3}, {Lat: 37.65, Lon: -106.7}}},
	{"the northern Sangre de Cristo", false, []geo.Point{{Lat: 39.2, Lon: -105.9}, {Lat: 38.3, Lon: -105.7}, {Lat: 37.7, Lon: -105.4}}},
	{"the southern Sangre de Cristo", false, []geo.Point{{Lat: 37.5, Lon: -105.2}, {Lat: 35.75, Lon: -105.6}}},
	{"the Everglades and Lake Okeechobee", false, []geo.Point{{Lat: 26.25, Lon: -81.2}, {Lat: 27.1, Lon: -80.9}}},
	{"the lower Potomac", false, []geo.Point{{Lat: 37.95, Lon: -76.25}, {Lat: 38.35, Lon: -77.2}}},
	{"the Grand Canyon", false, []geo.Point{{Lat: 36.05, Lon: -114.2}, {Lat: 36.1, Lon: -112.5}, {Lat: 36.8, Lon: -111.65}}},
	{"Yellowstone and the Wind River range", false, []geo.Point{{Lat: 42.5, Lon: -109.1}, {Lat: 43.5, Lon: -109.9}, {Lat: 45.2, Lon: -110.2}}},
}

// passages are the cities, bridges and passes where roads lead around the
// barriers.
var passages = []geo.Point{
	{Lat: 41.57, Lon: -87.35},  // Gary, south of Lake Michigan
	{Lat: 45.74, Lon: -84.73},  // Mackinac bridge, south end
	{Lat: 45.90, Lon: -84.73},  // Mackinac bridge, north end
	{Lat: 46.70, Lon: -92.15},  // Duluth
	{Lat: 45.75, Lon: -87.07},  // Escanaba
	{Lat: 48.55, Lon: -93.40},  // International Falls
	{Lat: 48.60, Lon: -109.70}, // Havre
	{Lat: 41.55, Lon: -83.60},  // Toledo
	{Lat: 41.40, Lon: -82.60},  // Sandusky
	{Lat: 41.45, Lon: -81.60},  // Cleveland
	{Lat: 42.05, Lon: -80.10},  // Erie
	{Lat: 42.43, Lon: -79.33},  // Fredonia
	{Lat: 42.85, Lon: -78.70},  // Buffalo
	{Lat: 43.05, Lon: -76.15},  // Syracuse
	{Lat: 43.97, Lon: -75.91},  // Watertown
	{Lat: 44.70, Lon: -73.50},  // Plattsburgh
	{Lat: 44.80, Lon: -68.80},  // Bangor
	{Lat: 43.70, Lon: -70.35},  // Portland, Maine
	{Lat: 42.40, Lon: -71.20},  // Boston, west side
	{Lat: 41.72, Lon: -70.60},  // Cape Cod canal
	{Lat: 41.80, Lon: -71.45},  // Providence
	{Lat: 41.35, Lon: -72.85},  // New Haven
	{Lat: 40.86, Lon: -73.87},  // The Bronx
	{Lat: 40.75, Lon: -73.75},  // Queens
	{Lat: 39.62, Lon: -75.70},  // Delaware memorial bridge, south
	{Lat: 39.70, Lon: -75.45},  // Delaware memorial bridge, north
	{Lat: 39.60, Lon: -76.00},  // Susquehanna
	{Lat: 38.98, Lon: -76.60},  // Bay bridge, west
	{Lat: 38.98, Lon: -76.30},  // Bay bridge, east
	{Lat: 38.30, Lon: -77.47},  // Fredericksburg
	{Lat: 37.55, Lon: -77.40},  // Richmond
	{Lat: 36.90, Lon: -76.20},  // Norfolk
	{Lat: 37.10, Lon: -75.98},  // Cape Charles
	{Lat: 35.55, Lon: -77.05},  // Washington, North Carolina
	{Lat: 34.25, Lon: -77.95},  // Wilmington, North Carolina
	{Lat: 32.10, Lon: -81.20},  // Savannah
	{Lat: 30.40, Lon: -81.70},  // Jacksonville
	{Lat: 28.50, Lon: -81.40},  // Orlando
	{Lat: 25.45, Lon: -80.48},  // Homestead
	{Lat: 25.13, Lon: -80.42},  // Key Largo
	{Lat: 26.20, Lon: -81.75},  // Naples
	{Lat: 27.95, Lon: -82.35},  // Tampa
	{Lat: 30.18, Lon: -82.65},  // Lake City
	{Lat: 30.45, Lon: -84.25},  // Tallahassee
	{Lat: 30.75, Lon: -86.30},  // Interstate 10 in the Panhandle
	{Lat: 30.68, Lon: -88.10},  // Mobile
	{Lat: 30.28, Lon: -89.78},  // Slidell
	{Lat: 30.20, Lon: -92.00},  // Lafayette
	{Lat: 29.80, Lon: -95.30},  // Houston
	{Lat: 28.80, Lon: -97.00},  // Victoria
	{Lat: 27.80, Lon: -97.55},  // Corpus Christi
	{Lat: 26.20, Lon: -98.15},  // McAllen
	{Lat: 27.60, Lon: -99.45},  // Laredo
	{Lat: 29.40, Lon: -100.85}, // Del Rio
	{Lat: 30.90, Lon: -102.90}, // Fort Stockton
	{Lat: 31.05, Lon: -104.80}, // Van Horn
	{Lat: 31.80, Lon: -106.40}, // El Paso
	{Lat: 32.25, Lon: -107.75}, // Deming
	{Lat: 32.25, Lon: -110.90}, // Tucson
	{Lat: 32.70, Lon: -114.55}, // Yuma
	{Lat: 37.60, Lon: -105.10}, // La Veta pass
	{Lat: 37.60, Lon: -104.70}, // Walsenburg
	{Lat: 36.90, Lon: -104.45}, // Raton
	{Lat: 35.60, Lon: -105.25}, // Las Vegas, New Mexico
	{Lat: 34.90, Lon: -118.90}, // Grapevine
	{Lat: 38.60, Lon: -121.45}, // Sacramento
	{Lat: 40.60, Lon: -122.40}, // Redding
	{Lat: 42.30, Lon: -122.85}, // Medford
	{Lat: 44.05, Lon: -123.05}, // Eugene
	{Lat: 35.10, Lon: -118.40}, // Tehachapi
	{Lat: 39.35, Lon: -120.30}, // Donner pass
	{Lat: 35.10, Lon: -114.60}, // south of the Grand Canyon
	{Lat: 36.15, Lon: -115.10}, // Las Vegas
	{Lat: 35.20, Lon: -111.65}, // Flagstaff
	{Lat: 36.95, Lon: -111.50}, // Page
	{Lat: 47.40, Lon: -121.40}, // Snoqualmie pass
	{Lat: 45.68, Lon: -121.70}, // Columbia gorge
	{Lat: 44.30, Lon: -121.80}, // Santiam pass
	{Lat: 47.20, Lon: -122.50}, // Tacoma
	{Lat: 46.80, Lon: -114.50}, // Missoula, Lolo
	{Lat: 43.65, Lon: -115.20}, // Boise, east
	{Lat: 43.80, Lon: -112.00}, // Idaho Falls
	{Lat: 45.65, Lon: -110.90}, // Bozeman
	{Lat: 45.60, Lon: -110.20}, // Livingston
	{Lat: 41.60, Lon: -109.20}, // Rock Springs
	{Lat: 41.30, Lon: -105.80}, // Laramie
	{Lat: 40.95, Lon: -111.20}, // Evanston
	{Lat: 39.00, Lon: -110.15}, // Green River
	{Lat: 39.08, Lon: -108.55}, // Grand Junction
	{Lat: 39.62, Lon: -106.15}, // Vail pass
	{Lat: 37.30, Lon: -106.80}, // Wolf Creek
}

// The way to Alaska: one road through Canada, with three ways into it.
var (
	alaskaHighway = []geo.Point{
		{Lat: 63.34, Lon: -142.99}, // Tok
		{Lat: 60.72, Lon: -135.06}, // Whitehorse
		{Lat: 58.80, Lon: -122.70}, // Fort Nelson
		{Lat: 55.76, Lon: -120.24}, // Dawson Creek
	}
	alaskaEntries = [][]geo.Point{
		{{Lat: 53.90, Lon: -122.75}, {Lat: 49.00, Lon: -122.27}},                             // Prince George, Sumas
		{{Lat: 53.50, Lon: -113.50}, {Lat: 48.99, Lon: -111.96}},                             // Edmonton, Sweetgrass
		{{Lat: 53.50, Lon: -113.50}, {Lat: 52.10, Lon: -106.60}, {Lat: 48.99, Lon: -102.55}}, // Edmonton, Saskatoon, Portal
	}
)
