using Microsoft.AspNetCore.Mvc.RazorPages;
public class EditModel : PageModel { public void OnGet(int id) {} }
