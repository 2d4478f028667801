from oneledger.domain.errors import DefinitionError


def test_a_definition_error_names_every_fault_at_once():
    assert str(DefinitionError(["a.yaml:3: title: missing", "a.yaml:9: phases: empty"])) == (
        "a.yaml:3: title: missing\na.yaml:9: phases: empty"
    )
