namespace Consort.Serving;

/// <summary>Names the raw field that a property of a typed row holds; without it the property's own name counts.</summary>
/// <param name="name">The field's name in the schema.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Parameter)]
public sealed class ImpressionFieldAttribute(string name) : Attribute
{
    /// <summary>The field's name in the schema.</summary>
    public string Name { get; } = name;
}
