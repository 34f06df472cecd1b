@_spi(Kernel)
extension Schema {
    /// Validates an object.
    ///
    /// - Parameter pointer: where it stands in the request.
    /// - Throws: `Problem` 422 with a pointer for each wrong field.
    public func validated(_ value: JSONValue, at pointer: String) throws -> JSONValue {
        var validation = Validation()
        guard let value = validation.checked(value, .object(self), at: pointer) else {
            throw Problem.validation(validation.errors)
        }
        return value
    }

    /// What is wrong with an object, each with its pointer; nothing when it is right.
    public func faults(in value: JSONValue) -> [Problem.FieldError] {
        var validation = Validation()
        _ = validation.checked(value, .object(self), at: "")
        return validation.errors
    }

    /// The record of values that were validated when they were stored; a field without one has its default.
    public func record(of stored: JSONValue, defaults: [String: JSONValue]) -> Record {
        Record(schema: self, values: fields.map { stored[$0.name] ?? defaults[$0.name] })
    }
}
