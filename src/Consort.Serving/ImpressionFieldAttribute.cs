namespace Consort.Serving;

/// <summary>Says that a property of a typed row is none of the model's fields; without it such a property is a mistake.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ImpressionIgnoreAttribute : Attribute;

/// <summary>Names the raw field that a property of a typed row holds; without it the property's own name counts.</summary>
/// <param name="name">The field's name in the schema.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter)]
public sealed class ImpressionFieldAttribute(string name) : Attribute
{
    /// <summary>The field's name in the schema.</summary>
    public string Name { get; } = name;
}
