module truckflow

go 1.26
