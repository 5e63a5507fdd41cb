//! Bearer tokens: key sets, verification in the contract's order, the installation's own key
