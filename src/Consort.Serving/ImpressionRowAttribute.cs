namespace Consort.Serving;

/// <summary>
/// Has the reader of a type's rows generated when the type is compiled, in place of one by reflection, so that rows can be scored in apps
/// that are trimmed or compiled ahead of time. A package among the project's <c>AdditionalFiles</c> holds the type's names to its fields.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class ImpressionRowAttribute : Attribute
{
    /// <summary>The file name of the package whose fields the type must name, where the project has several.</summary>
    public string? Package { get; set; }
}
