//! Reference data: what changes rarely and every booking needs, kept whole in memory.

use std::{collections::HashMap, sync::Arc};

use crate::{
    access::Client,
    facility::{Facility, FacilityName, Mkod},
    ids::{ClientId, FacilityId, ResourceKey},
    resource::{Resource, Specialty, SpecialtyCode},
};

/// One consistent state of the reference data. It is replaced whole when something changes.
#[derive(Debug, Default)]
pub struct Reference {
    facilities: HashMap<FacilityId, Arc<Facility>>,
    by_mkod: HashMap<Mkod, FacilityId>,
    specialties: HashMap<SpecialtyCode, Arc<Specialty>>,
    resources: HashMap<ResourceKey, Arc<Resource>>,
    by_specialty: HashMap<(FacilityId, SpecialtyCode), Vec<Arc<Resource>>>,
    by_facility: HashMap<FacilityId, Vec<Arc<Resource>>>,
    clients: HashMap<ClientId, Arc<Client>>,
}

impl Reference {
    /// Builds the state from its rows. Of two facilities with one МКОД the later is found by it;
    /// a store's key keeps that from happening.
    #[must_use]
    pub fn new(
        facilities: Vec<Facility>,
        specialties: Vec<Specialty>,
        resources: Vec<Resource>,
        clients: Vec<Client>,
    ) -> Self {
        let mut reference = Self::default();
        for facility in facilities {
            reference.by_mkod.insert(facility.mkod.clone(), facility.id);
            reference.facilities.insert(facility.id, Arc::new(facility));
        }
        for specialty in specialties {
            reference.specialties.insert(specialty.code.clone(), Arc::new(specialty));
        }
        for resource in resources {
            let resource = Arc::new(resource);
            let group = (resource.key.facility, resource.specialty.clone());
            reference.by_specialty.entry(group).or_default().push(Arc::clone(&resource));
            reference.by_facility.entry(resource.key.facility).or_default().push(Arc::clone(&resource));
            reference.resources.insert(resource.key, resource);
        }
        for group in reference.by_specialty.values_mut() {
            group.sort_by_key(|resource| resource.key);
        }
        for group in reference.by_facility.values_mut() {
            group.sort_by(|one, other| (&one.name, one.key).cmp(&(&other.name, other.key)));
        }
        for client in clients {
            reference.clients.insert(client.id, Arc::new(client));
        }
        reference
    }

    /// The facility that an `lpu_code` names.
    #[must_use]
    pub fn facility_named(&self, name: &FacilityName) -> Option<&Arc<Facility>> {
        match name {
            FacilityName::Id(id) => self.facility(*id),
            FacilityName::Mkod(mkod) => self.facility(*self.by_mkod.get(mkod)?),
        }
    }

    /// A facility by guid.
    #[must_use]
    pub fn facility(&self, id: FacilityId) -> Option<&Arc<Facility>> {
        self.facilities.get(&id)
    }

    /// Every facility, in no order.
    pub fn facilities(&self) -> impl Iterator<Item = &Arc<Facility>> {
        self.facilities.values()
    }

    /// A resource by facility and guid.
    #[must_use]
    pub fn resource(&self, key: ResourceKey) -> Option<&Arc<Resource>> {
        self.resources.get(&key)
    }

    /// A facility's resources of a specialty, in the order of their guids.
    #[must_use]
    pub fn resources_of(&self, facility: FacilityId, specialty: &SpecialtyCode) -> &[Arc<Resource>] {
        self.by_specialty.get(&(facility, specialty.clone())).map_or(&[], Vec::as_slice)
    }

    /// A facility's resources, in the order of their names.
    #[must_use]
    pub fn resources_in(&self, facility: FacilityId) -> &[Arc<Resource>] {
        self.by_facility.get(&facility).map_or(&[], Vec::as_slice)
    }

    /// A specialty by code.
    #[must_use]
    pub fn specialty(&self, code: &SpecialtyCode) -> Option<&Arc<Specialty>> {
        self.specialties.get(code)
    }

    /// A client application by guid.
    #[must_use]
    pub fn client(&self, id: ClientId) -> Option<&Arc<Client>> {
        self.clients.get(&id)
    }
}
