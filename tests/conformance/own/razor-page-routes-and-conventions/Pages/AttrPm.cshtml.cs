namespace My.Pages; public class OpenModel : Microsoft.AspNetCore.Mvc.RazorPages.PageModel { public void OnGet(){} }
